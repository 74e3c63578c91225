import type { FactsBuilder } from './builder.ts'
import { innermost } from './chain.ts'
import type { Fields } from './fields.ts'

/** Hands the `ipam` object to the extractor of its own type. */
export function runIpam(conf: Fields, facts: FactsBuilder, need: 'required' | 'optional'): void {
  const ipam = conf.object('ipam')
  if (ipam?.string('type')) facts.nested(ipam.body, ipam.at, 'ipam')
  // Flannel writes that of its delegate.
  else if (need === 'required' && !facts.plugin.includes('flannel > ')) {
    facts.problem(
      'missing',
      conf.path('ipam'),
      `type "${innermost(facts.plugin)}" needs "ipam" with a "type": ADD fails without it`,
    )
  }
}

/**
 * A file on the node that fills in what is missing here, so that nobody can tell from here what the plugin will do;
 * but for `usual`, files that the plugin's own installer writes.
 */
export function readConfigurationPath(
  conf: Fields,
  facts: FactsBuilder,
  fillsIn: string,
  usual: readonly string[] = [],
): void {
  const path = conf.string('configuration_path')
  if (!path || usual.includes(path)) return
  const at = conf.path('configuration_path')
  facts.hostPath(path, 'read', at, usual)
  facts.problem('undecidable', at, `a file on the node would fill in ${fillsIn}: write them here`)
}
