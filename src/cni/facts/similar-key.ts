import { distance } from '../../json/distance.ts'

/** The key that was probably meant: `ipma`, `range-start` and `mdoe` stand for ipam, range_start and mode. */
export function similarKey(key: string, keys: readonly string[]): string | undefined {
  const bare = bareOf(key)
  return keys.find(known => isSimilar(bare, bareOf(known)))
}

/** Short words are alike by chance (mac and mtu, node and mode): of these only letters that changed places, or are lost within. */
function isSimilar(one: string, other: string): boolean {
  const length = Math.min(one.length, other.length)
  if (length < 4 || Math.abs(one.length - other.length) > 2) return false
  // Of one thing or of several: `route` and `routes`.
  if (`${one}s` === other || `${other}s` === one) return true
  if (lettersOf(one) === lettersOf(other)) return true
  const hasSameEnds = one.at(0) === other.at(0) && one.at(-1) === other.at(-1)
  return length < 6 ? hasSameEnds && distance(one, other) === 1 : distance(one, other) <= 2
}

function bareOf(key: string): string {
  return key.toLowerCase().replace(/[-_]/g, '')
}

function lettersOf(key: string): string {
  return [...key].sort().join('')
}
