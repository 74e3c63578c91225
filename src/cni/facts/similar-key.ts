import { distance } from '../../json/distance.ts'
import type { KeyTree } from './extractor.ts'

/** The key that was probably meant: `ipma`, `range-start` and `mdoe` stand for ipam, range_start and mode. */
export function similarKey(key: string, keys: KeyTree): string | undefined {
  const bare = bareOf(key)
  // Of shorter ones too many are alike (mac, mtu).
  if (bare.length < 4) return undefined
  return Object.keys(keys).find(known => isSimilar(bare, bareOf(known)))
}

function isSimilar(one: string, other: string): boolean {
  if (Math.abs(one.length - other.length) > 2) return false
  const most = Math.min(one.length, other.length) < 6 ? 1 : 2
  return lettersOf(one) === lettersOf(other) || distance(one, other) <= most
}

function bareOf(key: string): string {
  return key.toLowerCase().replace(/[-_]/g, '')
}

function lettersOf(key: string): string {
  return [...key].sort().join('')
}
