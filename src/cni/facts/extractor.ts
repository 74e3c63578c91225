import type { FactsBuilder } from './builder.ts'
import type { Fields } from './fields.ts'

/**
 * Every key that a plugin's Go structs decode, with those of nested objects (and of the objects in nested lists).
 * An empty tree is a leaf. Used to find keys that Go folds onto a known one.
 */
export interface KeyTree {
  readonly [key: string]: KeyTree
}

/** Reads one CNI type's configuration the way that plugin does. Pure: from configuration to facts. */
export interface Extractor {
  /** The CNI types read by this extractor: `['bridge', 'cnv-bridge']`. */
  readonly types: readonly string[]
  readonly role: 'plugin' | 'ipam'
  /** Project, file and version that the reading follows. */
  readonly source: string
  readonly keys: KeyTree
  /** It works on what an earlier plugin made, and ADD fails without the result of one. */
  readonly isChained?: true
  extract(conf: Fields, facts: FactsBuilder): void
}
