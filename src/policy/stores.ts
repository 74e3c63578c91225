import type { StoreFact } from '../cni/facts/facts.ts'
import { WHEREABOUTS_RANGE } from '../cni/facts/whereabouts.ts'
import type { Attachment, SharedStore } from './subjects.ts'

/** A store of an attachment: `key` is under what others find it, `others` what it is the same as. */
interface KeyedStore extends Omit<SharedStore, 'owner'> {
  readonly key: string
  /** A file for each address: networks of one name take from each other what both of them give out, and nothing else. */
  readonly isByAddress: boolean
  readonly others: readonly string[]
}

/** What an attachment shares with others of the same name. */
export function storesOf(attachment: Attachment): KeyedStore[] {
  return (attachment.facts?.stores ?? []).map(store => ({
    key: keyOf(store),
    others: equalKeys(store),
    isByAddress: store.by === 'host-local',
    kind: store.kind,
    name: store.name,
    at: store.at,
  }))
}

/** Equal ranges without a name are found as such (overlaps.ts); by its name a pool may be theirs as well. */
function equalKeys(store: StoreFact): string[] {
  const [named, ranged] = ['whereabouts', WHEREABOUTS_RANGE].map(by => keyOf({ ...store, by }))
  if (named === undefined || ranged === undefined) return []
  if (store.by === WHEREABOUTS_RANGE) return [named]
  return store.by === 'whereabouts' ? [named, ranged] : [keyOf(store)]
}

function keyOf({ by, name, directory }: Pick<StoreFact, 'by' | 'name' | 'directory'>): string {
  return JSON.stringify([by, name, directory])
}
