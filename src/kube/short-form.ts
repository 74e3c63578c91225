import { quote } from '../json/quote.ts'
import type { Selection, SelectionProblem, SelectionsReading } from './selection.ts'
import { MAX_SELECTIONS, tooManySelections } from './selection-limits.ts'

const NAME = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/

/** Whether Multus takes an annotation for names; with one of these signs in it it takes it for JSON. */
export function isShortForm(annotation: string): boolean {
  return !/[[{"]/.test(annotation)
}

/** Where the network with this index stands in the short form; undefined where there is none. */
export function locateItem(annotation: string, index: number): { offset: number; end: number } | undefined {
  if (!isShortForm(annotation)) return undefined
  const before = annotation.split(',', index + 1)
  const item = before.length > index ? before.pop() : undefined
  if (item === undefined) return undefined
  const start = before.reduce((sum, { length }) => sum + length + 1, 0)
  const name = trimSpace(item)
  const offset = start + item.indexOf(name)
  return { offset, end: offset + name.length }
}

/**
 * Reads `[namespace/]name[@interface]`, comma separated.
 * Source: multus pkg/k8sclient/k8sclient.go parsePodNetworkObjectName(); docs/readers.md "Selections".
 */
export function readShortForm(annotation: string, podNamespace: string): SelectionsReading {
  const items = annotation.split(',', MAX_SELECTIONS + 1)
  if (items.length > MAX_SELECTIONS) return tooManySelections('short')
  const problems: SelectionProblem[] = []
  const selections = items.flatMap((item, index) => {
    const selection = readItem(trimSpace(item), index, podNamespace, (problem, message) =>
      problems.push({ problem, at: [index], message }),
    )
    return selection === undefined ? [] : [selection]
  })
  return { form: 'short', selections, problems }
}

type Report = (problem: SelectionProblem['problem'], message: string) => void

function readItem(item: string, index: number, podNamespace: string, report: Report): Selection | undefined {
  const refuse = (message: string): undefined => {
    report('unreadable', `${quote(item)}: ${message}`)
    return undefined
  }
  const parts = item.split('/')
  if (parts.length > 2) return refuse('more than one "/"; write [namespace/]name[@interface]')
  const namespace = parts.length === 2 ? trimSpace(parts[0] ?? '') : ''
  const halves = (parts.at(-1) ?? '').split('@').map(trimSpace)
  if (halves.length > 2) return refuse('more than one "@"; write [namespace/]name[@interface]')
  const [name = '', requested = ''] = halves
  for (const text of [namespace, name]) {
    if (text !== '' && !NAME.test(text)) {
      return refuse(
        `${quote(text)} is no name: use lower case letters, digits and "-", beginning and ending with a letter or digit`,
      )
    }
  }
  if (name === '') return refuse('the name of the network is missing')
  if (Buffer.byteLength(requested) > 15 || /[ \t\n\v\f\r/]/.test(requested)) {
    return refuse(`${quote(requested)} is no interface name: use 1 to 15 bytes without "/" or spaces`)
  }
  if (requested !== '' && !NAME.test(requested)) {
    const message = `${quote(requested)} is attached when the pod starts, but refused by the dynamic networks controller: use lower case letters, digits and "-"`
    report('disagreement', message)
  }
  return {
    index,
    at: [],
    name,
    namespace: namespace || podNamespace,
    isNamespaceWritten: namespace !== '',
    interface: requested || `net${index + 1}`,
    requestedInterface: requested || undefined,
    ips: [],
    mac: undefined,
    deviceID: undefined,
    cniArgs: undefined,
    defaultRoute: undefined,
    body: undefined,
  }
}

/** As Go's strings.TrimSpace: JavaScript's trim also takes a byte order mark away, and leaves U+0085 (Unicode White_Space). */
function trimSpace(text: string): string {
  let [start, end] = [0, text.length]
  while (start < end && isSpace(text.charAt(start))) start++
  while (end > start && isSpace(text.charAt(end - 1))) end--
  return text.slice(start, end)
}

function isSpace(character: string): boolean {
  return /\p{White_Space}/u.test(character)
}
