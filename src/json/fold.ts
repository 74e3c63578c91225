const FOLDED = /[A-Z\u017f\u212a]/

/**
 * The form in which Go's encoding/json compares object keys with struct fields: ASCII letters without case,
 * and the two other runes that Unicode folds onto ASCII letters, U+017F (long s) and U+212A (Kelvin sign).
 * Two keys with the same folded form are one key to a Go program. Source: Go encoding/json fold.go.
 */
export function foldKey(key: string): string {
  if (!FOLDED.test(key)) return key
  return key.replace(/[A-Z\u017f\u212a]/g, letter =>
    letter === '\u017f' ? 's' : letter === '\u212a' ? 'k' : letter.toLowerCase(),
  )
}
