import { quote, quoteValue } from '../json/quote.ts'
import { describeJsonProblem, readJson } from '../json/reader.ts'
import { isObject, type JsonObject, type JsonValue, type Path } from '../json/value.ts'
import { parseIp } from '../net/ip.ts'
import { parseMac } from '../net/mac.ts'
import { parsePrefix } from '../net/prefix.ts'
import type { Selection, SelectionProblem, SelectionsReading } from './selection.ts'
import {
  MAX_ANNOTATION_BYTES,
  MAX_IPS,
  MAX_SELECTIONS,
  MAX_UNKNOWN_KEYS,
  tooManySelections,
} from './selection-limits.ts'

/** Keys of an element that Multus reads, or that another reader of the annotation does. Source: multus pkg/types/types.go. */
const ELEMENT_KEYS = [
  'name',
  'namespace',
  'ips',
  'mac',
  'infiniband-guid',
  'interface',
  'interfaceRequest',
  'portMappings',
  'bandwidth',
  'deviceID',
  'cni-args',
  'default-route',
  'ipam-claim-reference',
] as const

const NESTED_KEYS = [
  ...['hostPort', 'containerPort', 'protocol', 'hostIP'],
  ...['ingressRate', 'ingressBurst', 'egressRate', 'egressBurst'],
  // What plugins read under cni-args.
  ...['sysctl', 'promisc', 'mtu', 'allmulti', 'txQLen', 'ovnPort'],
  ...['flushroutes', 'flushgateway', 'delroutes', 'addroutes', 'skipcheck', 'dst', 'gw'],
]

const KNOWN_KEYS: ReadonlySet<string> = new Set([...ELEMENT_KEYS, ...NESTED_KEYS])

/** A name that an object of Kubernetes can have (RFC 1123 subdomain). Multus itself does not check. */
const OBJECT_NAME = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/

type Report = (
  problem: SelectionProblem['problem'],
  at: Path,
  message: string,
  more?: Pick<SelectionProblem, 'fix' | 'placed'>,
) => void

/**
 * Reads the JSON form: a list of objects, with the checks that Multus makes after decoding. Go would fold keys here,
 * so that `Namespace` names another tenant's namespace; the strict reader refuses such keys.
 * Source: multus pkg/types/types.go NetworkSelectionElement, pkg/k8sclient/k8sclient.go.
 */
export function readJsonForm(annotation: string, podNamespace: string): SelectionsReading {
  const problems: SelectionProblem[] = []
  const report: Report = (problem, at, message, more) => problems.push({ problem, at, message, ...more })
  const reading = readJson(annotation, {
    knownKeys: KNOWN_KEYS,
    freeForm: path => path.at(-1) === 'sysctl',
    maxLength: MAX_ANNOTATION_BYTES,
  })
  if (!reading.ok) {
    for (const problem of reading.problems) {
      const { message, ...more } = describeJsonProblem(problem)
      report('unreadable', problem.at, message, more)
    }
    return { form: 'json', selections: [], problems }
  }
  if (!Array.isArray(reading.value)) {
    report(
      'unreadable',
      [],
      'the annotation is no list: write a JSON list of networks, or their names with commas',
    )
    return { form: 'json', selections: [], problems }
  }
  if (reading.value.length > MAX_SELECTIONS) return tooManySelections('json')
  const selections = reading.value.flatMap((element, index) => {
    if (isObject(element)) return [readElement(element, index, podNamespace, report)]
    report('unreadable', [index], `${quoteValue(element)} is no network: write an object with "name"`)
    return []
  })
  return { form: 'json', selections, problems }
}

function readElement(body: JsonObject, index: number, podNamespace: string, report: Report): Selection {
  const at = [index]
  const text = (key: string): string | undefined => readText(body, key, at, report)
  const name = text('name')
  const namespace = text('namespace')
  if (name === undefined) report('unreadable', at, 'a network needs a "name"')
  for (const [key, value] of [
    ['name', name],
    ['namespace', namespace],
  ] as const) {
    if (value !== undefined && !OBJECT_NAME.test(value)) {
      report(
        'unreadable',
        [...at, key],
        `${quote(value)} is no name of an object: use lower case letters, digits, "-" and "."`,
      )
    }
  }
  const requested = readInterface(text('interface'), text('interfaceRequest'), at, report)
  const mac = text('mac')
  const guid = text('infiniband-guid')
  for (const [key, value, example] of [
    ['mac', mac, '02:00:00:00:00:01'],
    ['infiniband-guid', guid, '00:11:22:33:44:55:66:77'],
  ] as const) {
    if (value !== undefined && parseMac(value) === undefined) {
      report(
        'unreadable',
        [...at, key],
        `${quote(value)} is no hardware address: write one like "${example}"`,
      )
    }
  }
  checkCapabilities(body, at, report)
  reportUnknownKeys(body, at, report)
  return {
    index,
    at,
    name: name ?? '',
    namespace: namespace ?? podNamespace,
    isNamespaceWritten: namespace !== undefined,
    interface: requested ?? `net${index + 1}`,
    requestedInterface: requested,
    ips: readIps(body, at, report),
    mac,
    deviceID: text('deviceID'),
    cniArgs: readObject(body, 'cni-args', at, report),
    defaultRoute: readDefaultRoute(body, at, report),
    body,
  }
}

/** `interfaceRequest` is deprecated, and still honoured when `interface` is empty; the client library ignores it. */
function readInterface(
  name: string | undefined,
  old: string | undefined,
  at: Path,
  report: Report,
): string | undefined {
  if (old !== undefined && old !== name) {
    const message = `"interfaceRequest" is read by Multus but by no other reader of the annotation: write "interface": ${quote(old)}`
    report('disagreement', [...at, 'interfaceRequest'], message)
  }
  return name ?? old
}

function readIps(body: JsonObject, at: Path, report: Report): string[] {
  const list = readList(body, 'ips', at, report) ?? []
  if (list.length > MAX_IPS) {
    report(
      'unreadable',
      [...at, 'ips'],
      `it holds ${list.length} addresses, and one interface may have ${MAX_IPS}`,
    )
    return []
  }
  return list.flatMap((ip, index) => {
    if (typeof ip === 'string' && (ip.includes('/') ? parsePrefix(ip) : parseIp(ip)) !== undefined)
      return [ip]
    const shown = quoteValue(ip)
    report(
      'unreadable',
      [...at, 'ips', index],
      `${shown} is no address: write "10.100.0.7" or "10.100.0.7/24"`,
    )
    return []
  })
}

function readDefaultRoute(body: JsonObject, at: Path, report: Report): string[] | undefined {
  return readList(body, 'default-route', at, report)?.flatMap((gateway, index) => {
    // Go's net.IP decodes "" to nil, which Multus then counts as an IPv6 gateway.
    if (typeof gateway === 'string' && (gateway === '' || parseIp(gateway) !== undefined)) return [gateway]
    const shown = quoteValue(gateway)
    report(
      'unreadable',
      [...at, 'default-route', index],
      `${shown} is no gateway address: write one like "10.100.0.1"`,
    )
    return []
  })
}

/** What Multus decodes for plugins that declare the capability: a value of another type is the end of the whole annotation. */
function checkCapabilities(body: JsonObject, at: Path, report: Report): void {
  const bandwidth = readObject(body, 'bandwidth', at, report) ?? {}
  for (const key of ['ingressRate', 'ingressBurst', 'egressRate', 'egressBurst'])
    checkNumber(bandwidth, key, [...at, 'bandwidth'], report)
  const mappings = readList(body, 'portMappings', at, report, '[{"hostPort": 8080, "containerPort": 80}]')
  for (const [index, mapping] of mappings?.entries() ?? []) {
    const place = [...at, 'portMappings', index]
    if (!isObject(mapping)) {
      report('unreadable', place, `${quoteValue(mapping)} is not an object: write one, {…}`)
      continue
    }
    for (const key of ['hostPort', 'containerPort']) checkNumber(mapping, key, place, report)
    for (const key of ['protocol', 'hostIP']) readText(mapping, key, place, report)
  }
}

function checkNumber(body: JsonObject, key: string, at: Path, report: Report): void {
  const value = body[key]
  if (value === undefined || value === null || Number.isInteger(value)) return
  report(
    'unreadable',
    [...at, key],
    `${quoteValue(value)} is not a whole number: write one, without quotes and unit`,
  )
}

function readText(body: JsonObject, key: string, at: Path, report: Report): string | undefined {
  const value = body[key]
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value === 'string') return value
  report('unreadable', [...at, key], `${quoteValue(value)} is not a string: write it in quotes`)
  return undefined
}

function readList(
  body: JsonObject,
  key: string,
  at: Path,
  report: Report,
  example = '["10.100.0.7"]',
): JsonValue[] | undefined {
  const value = body[key]
  if (value === undefined || value === null) return undefined
  if (Array.isArray(value)) return value
  report('unreadable', [...at, key], `${quoteValue(value)} is not a list: write one, ${example}`)
  return undefined
}

function readObject(body: JsonObject, key: string, at: Path, report: Report): JsonObject | undefined {
  const value = body[key]
  if (value === undefined || value === null) return undefined
  if (isObject(value)) return value
  report('unreadable', [...at, key], `${quoteValue(value)} is not an object: write one, {…}`)
  return undefined
}

function reportUnknownKeys(body: JsonObject, at: Path, report: Report): void {
  const unknown = Object.keys(body).filter(key => !(ELEMENT_KEYS as readonly string[]).includes(key))
  for (const key of unknown.slice(0, MAX_UNKNOWN_KEYS)) {
    report(
      'unknown-key',
      [...at, key],
      `Multus ignores ${quote(key)}: a network has ${ELEMENT_KEYS.slice(0, 4).join(', ')}, interface, …`,
    )
  }
}
