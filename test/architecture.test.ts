import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'

/** Which rooms each room may import from, beside itself. Imports go downward; a room that is missing here fails. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  'src/json': [],
  'src/net': [],
  'src/files': [],
  'src/cni': ['src/json', 'src/net'],
  'src/kube': ['src/json', 'src/net'],
  'src/config': ['src/json', 'src/net'],
  'src/claims': ['src/json', 'src/net', 'src/cni', 'src/files'],
  'src/policy': ['src/json', 'src/net', 'src/cni', 'src/kube', 'src/config', 'src/claims'],
  'src/review': ['src/json', 'src/kube', 'src/policy', 'src/claims'],
  'src/yaml': ['src/json', 'src/kube'],
  'src/lint': ['src/json', 'src/kube', 'src/policy', 'src/config', 'src/yaml', 'src/files'],
  'src/report': ['src/json', 'src/lint'],
  'src/cli': [
    'src/files',
    'src/json',
    'src/kube',
    'src/policy',
    'src/config',
    'src/yaml',
    'src/lint',
    'src/report',
    'src/claims',
    'src/net',
    'src/cni',
    'src/review',
    'src/store',
    'src/manage',
    'src/doctor',
    'src/map',
    'plugin',
  ],
  'src/manage': [
    'src/json',
    'src/net',
    'src/cni',
    'src/kube',
    'src/config',
    'src/claims',
    'src/policy',
    'src/files',
    'src/store',
  ],
  'src/kube-api': ['src/kube'],
  'src/store': [
    'src/kube-api',
    'src/json',
    'src/kube',
    'src/config',
    'src/claims',
    'src/files',
    'src/yaml',
    'src/net',
  ],
  'src/doctor': [
    'src/config',
    'src/json',
    'src/kube',
    'src/yaml',
    'src/claims',
    'src/net',
    'src/cni',
    'src/policy',
  ],
  'src/map': ['src/json', 'src/net', 'src/config', 'src/policy'],
  plugin: [
    'src/json',
    'src/net',
    'src/cni',
    'src/kube',
    'src/claims',
    'src/policy',
    'src/files',
    'src/doctor',
  ],
  'webhook/cluster': [
    'src/net',
    'src/cni',
    'src/json',
    'src/kube',
    'src/kube-api',
    'src/policy',
    'src/review',
    'src/claims',
    'src/store',
    'src/config',
    'webhook/tls',
  ],
  'webhook/audit': [
    'src/json',
    'src/kube',
    'src/kube-api',
    'src/config',
    'src/claims',
    'src/policy',
    'src/review',
    'webhook/cluster',
  ],
  'webhook/tls': ['src/files'],
  'webhook/store': ['src/files', 'src/kube', 'src/policy', 'src/yaml'],
  webhook: [
    'src/json',
    'src/kube',
    'src/review',
    'src/claims',
    'src/files',
    'src/kube-api',
    'webhook/store',
    'webhook/tls',
    'webhook/cluster',
    'webhook/audit',
  ],
}

/** Packages, and the rooms (or files) that may load them. Node's own modules are free. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  zod: ['src/config'],
  yaml: ['src/yaml', 'src/cli/rules.ts', 'src/cli/output.ts'],
  ajv: ['src/lint/schemas.ts'],
  commander: ['src/cli'],
  '@kubernetes/client-node': ['src/kube-api', 'webhook/cluster/reflector.ts'],
  express: ['webhook/server.ts'],
  pino: ['webhook/log.ts'],
  'prom-client': ['webhook/metrics.ts'],
  'node-forge': ['webhook/tls/certificates.ts'],
  'bun:ffi': ['plugin/libc.ts'],
}

/** What the guard will bundle: everything that is loaded from here must start fast, so no package at all. */
const GUARD_ENTRIES = ['plugin/main.ts', 'src/cni/network.ts', 'src/cni/facts/extract.ts']

const root = join(import.meta.dirname, '..')
const files = ['src', 'webhook', 'plugin'].flatMap(listFiles)

interface Import {
  readonly from: string
  readonly isType: boolean
  /** Loaded when it is needed only: `import()`. */
  readonly isLazy: boolean
}

describe('the architecture', () => {
  it.each(files)('lets %s import only from its own room and from those below', file => {
    expect(roomsBelow(file).filter(other => !ALLOWED[roomOf(file)]?.includes(other))).toEqual([])
  })

  it('lets no room import from one that none of its files does', () => {
    const used = Map.groupBy(files, roomOf)
    const unused = Object.entries(ALLOWED).flatMap(([room, allowed]) => {
      const below = new Set(used.get(room)?.flatMap(roomsBelow))
      return allowed.filter(other => !below.has(other)).map(other => `${room} from ${other}`)
    })
    expect(unused).toEqual([])
  })

  it.each(files)('lets %s load only packages that its room may', file => {
    expect(packagesOf(file).filter(name => !PACKAGES[name]?.some(place => isIn(place, file)))).toEqual([])
  })

  it('lets no place load a package that none of its files does', () => {
    const unused = Object.entries(PACKAGES).flatMap(([name, places]) =>
      places
        .filter(place => !files.some(file => isIn(place, file) && packagesOf(file).includes(name)))
        .map(place => `${name} in ${place}`),
    )
    expect(unused).toEqual([])
  })

  it('has no files that load each other', () => {
    const rings = files.filter(file => loadedBy(file).some(next => reachableFrom(next).has(file)))
    expect(rings).toEqual([])
  })

  it.each(GUARD_ENTRIES)(
    'keeps packages, and modules of Node, away from %s, which the guard loads',
    entry => {
      const loaded = [...reachableFrom(entry)].flatMap(file =>
        importsOf(file).filter(({ isType, isLazy }) => !isType && !isLazy),
      )
      expect(loaded.filter(({ from }) => !from.startsWith('.') && from !== 'bun:ffi')).toEqual([])
      expect(loaded.length).toBeGreaterThan(0)
    },
  )

  it('lets only main.ts touch the process', () => {
    const touching = files.filter(
      file => !file.endsWith('main.ts') && /\bprocess\.(?:env|argv|exit|std|on)/.test(read(file)),
    )
    expect(touching).toEqual([])
  })

  it('has no file of more than 300 lines', () => {
    expect(files.filter(file => read(file).split('\n').length > 300)).toEqual([])
  })
})

/** Of the rooms that a file imports from those that are not its own. */
function roomsBelow(file: string): string[] {
  return (
    importsOf(file)
      // package.json says the version, and nothing else is data.
      .filter(({ from }) => from.startsWith('.') && from !== '../../package.json')
      .map(({ from }) => roomOf(relative(root, join(root, dirname(file), from))))
      .filter(other => other !== roomOf(file))
  )
}

function packagesOf(file: string): string[] {
  return importsOf(file)
    .filter(({ from, isType }) => !isType && !from.startsWith('.') && !from.startsWith('node:'))
    .map(({ from }) => from)
}

const isIn = (place: string, file: string): boolean => file === place || file.startsWith(`${place}/`)

function roomOf(file: string): string {
  const rooms = Object.keys(ALLOWED).sort((a, b) => b.length - a.length)
  return rooms.find(room => file.startsWith(`${room}/`)) ?? `no room: ${file}`
}

function listFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => join(folder, name))
}

function importsOf(file: string): Import[] {
  const statements = read(file).matchAll(/^(?:import|export)\s+(type\s)?(?:[^'"]*?\sfrom\s+)?'([^']+)'/gm)
  const lazy = read(file).matchAll(/\bimport\('([^']+)'\)/g)
  return [
    ...[...statements].map(([, type, from]) => ({
      from: from ?? '',
      isType: type !== undefined,
      isLazy: false,
    })),
    ...[...lazy].map(([, from]) => ({ from: from ?? '', isType: false, isLazy: true })),
  ]
}

function reachableFrom(entry: string, seen = new Set<string>()): Set<string> {
  if (seen.has(entry)) return seen
  seen.add(entry)
  for (const file of loadedBy(entry)) reachableFrom(file, seen)
  return seen
}

function loadedBy(file: string): string[] {
  return importsOf(file)
    .filter(({ from, isType, isLazy }) => !isType && !isLazy && from.startsWith('.') && from.endsWith('.ts'))
    .map(({ from }) => relative(root, join(root, dirname(file), from)))
}

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}
