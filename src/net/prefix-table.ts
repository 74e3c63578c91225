import { familyBits } from './ip.ts'
import { network, type Prefix } from './prefix.ts'

interface Branch<T> {
  readonly entries: { readonly prefix: Prefix; readonly value: T }[]
  readonly children: [Branch<T> | undefined, Branch<T> | undefined]
}

/**
 * Values by prefix, found by overlap: a binary trie over the bits of the network. A look-up walks at most the bits of
 * the prefix and then only what it finds, however many entries there are.
 */
export class PrefixTable<T> {
  readonly #roots: Record<4 | 6, Branch<T>> = { 4: newBranch(), 6: newBranch() }

  add(prefix: Prefix, value: T): void {
    let branch = this.#roots[prefix.family]
    for (const bit of bitsOf(prefix)) {
      branch.children[bit] ??= newBranch()
      branch = branch.children[bit]
    }
    branch.entries.push({ prefix, value })
  }

  /** Removes one entry with this prefix and this very value; nothing happens when there is none. */
  remove(prefix: Prefix, value: T): void {
    const way: { branch: Branch<T>; bit: 0 | 1 }[] = []
    let branch: Branch<T> | undefined = this.#roots[prefix.family]
    for (const bit of bitsOf(prefix)) {
      way.push({ branch, bit })
      branch = branch.children[bit]
      if (branch === undefined) return
    }
    const index = branch.entries.findIndex(entry => entry.value === value)
    if (index !== -1) branch.entries.splice(index, 1)
    // Empty branches are cut off again, so that what comes and goes leaves nothing behind.
    for (const { branch: parent, bit } of way.reverse()) {
      const child = parent.children[bit]
      if (child === undefined || child.entries.length > 0 || child.children[0] || child.children[1]) return
      parent.children[bit] = undefined
    }
  }

  /** Every entry that covers the prefix, then every entry within it. */
  *overlapping(prefix: Prefix): Generator<{ prefix: Prefix; value: T }> {
    let branch: Branch<T> | undefined = this.#roots[prefix.family]
    for (const bit of bitsOf(prefix)) {
      yield* branch.entries
      branch = branch.children[bit]
      if (branch === undefined) return
    }
    const waiting = [branch]
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      yield* next.entries
      const [lower, upper] = next.children
      // The lower half comes off first.
      if (upper !== undefined) waiting.push(upper)
      if (lower !== undefined) waiting.push(lower)
    }
  }
}

function newBranch<T>(): Branch<T> {
  return { entries: [], children: [undefined, undefined] }
}

function* bitsOf(prefix: Prefix): Generator<0 | 1> {
  const { address, bits, family } = network(prefix)
  const top = familyBits(family) - 1
  for (let index = 0; index < bits; index++) yield (address >> BigInt(top - index)) & 1n ? 1 : 0
}
