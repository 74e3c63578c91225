/**
 * How many letters are to be written, left out or changed to make one word of the other (Levenshtein). No package does it here,
 * since the guard loads none.
 */
export function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (const [index, letter] of [...one].entries()) {
    const next = [index + 1]
    for (let at = 1; at <= other.length; at++) {
      const changed = (row[at - 1] ?? 0) + Number(letter !== other[at - 1])
      next.push(Math.min(changed, (row[at] ?? 0) + 1, (next[at - 1] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}

/** The first of the words that is so many letters away at most, whatever their case. */
export function nearWord(word: string, words: readonly string[], most: number): string | undefined {
  const lower = word.toLowerCase()
  return words.find(known => distance(known.toLowerCase(), lower) <= most)
}
