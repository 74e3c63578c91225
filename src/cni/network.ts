import type { Fix } from '../json/fix.ts'
import { quoteValue } from '../json/quote.ts'
import { describeJsonProblem } from '../json/reader.ts'
import { isObject, type JsonObject, type JsonValue, type Path } from '../json/value.ts'
import { readNetworkConfiguration } from './configuration.ts'
import { CNI_VERSIONS, isCniVersion, isNetworkName, isPluginType } from './spec.ts'

/** A network configuration as libcni sees it: what a NAD's spec.config holds. CNI SPEC 1.1 section 1. */
export interface Network {
  /** The configuration's own `name`, else the NAD's: the IPAM store and libcni's cache are keyed by it. */
  readonly name: string
  /** The version that libcni picks: the highest it knows of `cniVersions` and `cniVersion`; none is 0.1.0. */
  readonly cniVersion: string
  readonly plugins: readonly PluginConfiguration[]
}

export interface PluginConfiguration {
  readonly type: string
  /** `[]` for a conf, `['plugins', 0]` in a conflist. */
  readonly at: Path
  readonly body: JsonObject
}

/** What a configuration is, and what is wrong with it. Without `network` nothing could be told of it. */
export interface NetworkReading {
  readonly network: Network | undefined
  readonly problems: readonly ConfigurationProblem[]
}

export interface ConfigurationProblem {
  readonly problem: 'unreadable' | 'ambiguous' | 'unsupported-version'
  readonly at: Path
  readonly message: string
  /** The same where the place in the file is shown beside it: the message counts the lines of the text alone. */
  readonly placed?: string
  readonly fix?: Fix
}

/**
 * Ten times what anyone writes. What is read of a text takes twenty times its room, as long as the NAD is there, and reviews
 * last longer for it.
 */
export const MAX_CONFIG_BYTES = 16 * 1024
const MAX_PLUGINS = 16

type Report = (
  problem: ConfigurationProblem['problem'],
  at: Path,
  message: string,
  more?: Pick<ConfigurationProblem, 'fix' | 'placed'>,
) => void

/** Two readers of such a text see different values; the rest cannot be read by anyone. */
const AMBIGUOUS_JSON: ReadonlySet<string> = new Set([
  'duplicate-key',
  'fold-equal-keys',
  'misspelt-key',
  'non-ascii-key',
  'inexact-number',
])

/** What only the runtime may say. libcni does not strip it from what an author wrote (cni libcni/api.go). */
const RUNTIME_KEYS = {
  prevResult: 'the result of an earlier plugin, which libcni only replaces when there is one',
  runtimeConfig: 'what the runtime tells the plugin, which libcni only replaces for declared capabilities',
  args: 'what the pod tells the plugin through cni-args',
} as const

/**
 * Reads a NAD's spec.config the way Multus, then libcni, then the plugin will, and refuses where they would differ.
 * Source: multus pkg/types/conf.go LoadDelegateNetConf(); network-attachment-definition-client pkg/utils/cniconfig.go.
 */
export function readNetwork(config: string | undefined, nadName: string): NetworkReading {
  const problems: ConfigurationProblem[] = []
  const report: Report = (problem, at, message, more) => problems.push({ problem, at, message, ...more })
  const body = readBody(config, nadName, report)
  const network = body && buildNetwork(body, nadName, report)
  return { network, problems }
}

function readBody(config: string | undefined, nadName: string, report: Report): JsonObject | undefined {
  if (config === undefined || config === '') {
    report(
      'ambiguous',
      [],
      `the configuration is empty: Multus would take whichever file on the node has "name": "${nadName}"; write the configuration here, or have a cluster admin add "${nadName}" to nodeNetworks`,
    )
    return undefined
  }
  const reading = readNetworkConfiguration(config, MAX_CONFIG_BYTES)
  if (!reading.ok) {
    for (const problem of reading.problems) {
      const { message, ...more } = describeJsonProblem(problem)
      report(AMBIGUOUS_JSON.has(problem.code) ? 'ambiguous' : 'unreadable', problem.at, message, more)
    }
    return undefined
  }
  if (isObject(reading.value)) return reading.value
  report('unreadable', [], `${quoteValue(reading.value)} is no configuration: write a JSON object`)
  return undefined
}

function buildNetwork(body: JsonObject, nadName: string, report: Report): Network | undefined {
  const form = chooseForm(body, report)
  if (form === undefined) return undefined
  const listed = form === 'conf' ? [readPlugin(body, [], report)] : readPlugins(body.plugins, report)
  const plugins = listed.filter(plugin => plugin !== undefined)
  reportRuntimeKeys(body, [], report)
  if (form === 'conflist') for (const plugin of plugins) reportRuntimeKeys(plugin.body, plugin.at, report)
  for (const key of ['disableCheck', 'disableGC', 'loadOnlyInlinedPlugins'])
    reportNoBoolean(body, key, report)
  if (String(body.loadOnlyInlinedPlugins).toLowerCase() === 'false') {
    report(
      'ambiguous',
      ['loadOnlyInlinedPlugins'],
      'further plugins would be loaded from files on the node: remove the key',
    )
  }
  const name = readName(body, nadName, report)
  const cniVersion = readVersion(body, report)
  return { name, cniVersion, plugins }
}

/** Multus: with a `type` it is a single configuration, even beside `plugins`; other readers decide by `plugins`. */
function chooseForm(body: JsonObject, report: Report): 'conf' | 'conflist' | undefined {
  const hasType = body.type !== undefined && body.type !== null && body.type !== ''
  const hasPlugins = body.plugins !== undefined && body.plugins !== null
  if (hasType && hasPlugins) {
    report(
      'ambiguous',
      ['plugins'],
      'with "type" beside it "plugins" is ignored by Multus, but not by other readers: keep one of them',
    )
    return undefined
  }
  if (hasType) return 'conf'
  if (hasPlugins) return 'conflist'
  report('unreadable', [], 'neither "type" nor "plugins" says which CNI plugin runs: write one of them')
  return undefined
}

function readPlugins(list: JsonValue | undefined, report: Report): (PluginConfiguration | undefined)[] {
  if (!Array.isArray(list) || list.length === 0) {
    report('unreadable', ['plugins'], '"plugins" must be a list with at least one plugin')
    return []
  }
  if (list.length > MAX_PLUGINS) {
    report(
      'unreadable',
      ['plugins'],
      `it lists ${list.length} plugins, and at most ${MAX_PLUGINS} are judged`,
    )
    return []
  }
  return list.map((plugin, index) => {
    if (isObject(plugin)) return readPlugin(plugin, ['plugins', index], report)
    report('unreadable', ['plugins', index], `${quoteValue(plugin)} is no plugin: write a JSON object`)
    return undefined
  })
}

function readPlugin(body: JsonObject, at: Path, report: Report): PluginConfiguration | undefined {
  const { type } = body
  if (typeof type === 'string' && isPluginType(type)) return { type, at, body }
  const fault = type === undefined ? '"type" is missing' : `${quoteValue(type)} is no plugin type`
  report('unreadable', [...at, 'type'], `${fault}: write the name of a CNI plugin, without a path`)
  return undefined
}

function reportRuntimeKeys(body: JsonObject, at: Path, report: Report): void {
  for (const [key, what] of Object.entries(RUNTIME_KEYS)) {
    if (body[key] !== undefined)
      report('ambiguous', [...at, key], `"${key}" is ${what}: remove it from the configuration`)
  }
}

/** libcni takes `"true"` and `"false"` for these keys, in whatever letters, and refuses the list for any other string. */
function reportNoBoolean(body: JsonObject, key: string, report: Report): void {
  const value = body[key]
  if (value === undefined || typeof value === 'boolean') return
  if (typeof value === 'string' && /^(?:true|false)$/i.test(value)) return
  report('unreadable', [key], `${quoteValue(value)} is not understood: write true or false`)
}

function readName(body: JsonObject, nadName: string, report: Report): string {
  const { name } = body
  if (name === undefined || name === '') return nadName
  if (typeof name === 'string' && isNetworkName(name)) return name
  const shown = quoteValue(name)
  report(
    'unreadable',
    ['name'],
    `${shown} is no network name: use letters, digits, "_", "." and "-", beginning with a letter or digit, or leave the key out`,
  )
  return nadName
}

function readVersion(body: JsonObject, report: Report): string {
  const known = CNI_VERSIONS.join(', ')
  const { cniVersion, cniVersions } = body
  if (cniVersions !== undefined && cniVersions !== null) {
    const versions = Array.isArray(cniVersions)
      ? [...cniVersions, cniVersion].filter(version => typeof version === 'string')
      : []
    const supported = CNI_VERSIONS.findLast(version => versions.includes(version))
    if (supported !== undefined) return supported
    report(
      'unsupported-version',
      ['cniVersions'],
      `no version of ${quoteValue(cniVersions)} is supported: use ${known}`,
    )
  }
  if (cniVersion === undefined || cniVersion === null || cniVersion === '') return '0.1.0'
  if (typeof cniVersion === 'string' && isCniVersion(cniVersion)) return cniVersion
  const shown = quoteValue(cniVersion)
  report('unsupported-version', ['cniVersion'], `${shown} is no CNI version that plugins know: use ${known}`)
  return '0.1.0'
}
