import type { FactsBuilder } from './builder.ts'
import type { PodInput } from './facts.ts'
import type { Fields } from './fields.ts'

/** What a pod may pass to this plugin through the capabilities that the configuration declares. */
export function declareCapabilities(
  conf: Fields,
  facts: FactsBuilder,
  ...inputs: Exclude<PodInput['input'], 'args'>[]
): void {
  const capabilities = conf.object('capabilities')
  for (const input of inputs) {
    if (capabilities?.boolean(input)) facts.podInput({ at: capabilities.path(input), input, keys: [] })
  }
}

/** Keys under args.cni that this plugin reads, and that a pod therefore decides through its cni-args. */
export function readsArgs(conf: Fields, facts: FactsBuilder, ...keys: string[]): void {
  facts.podInput({ at: conf.at, input: 'args', keys })
}
