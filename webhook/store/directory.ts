import { statSync } from 'node:fs'
import { join } from 'node:path'
import { listPolicyFiles } from '../../src/files/list-policy.ts'
import { readTextFile } from '../../src/files/read-text.ts'
import { CLUSTER_CONFIGURATION, groupKind } from '../../src/kube/group-kind.ts'
import type { Manifest } from '../../src/kube/manifest.ts'
import { Inventory } from '../../src/policy/inventory.ts'
import { describeProblem, putManifest, putPolicy } from '../../src/policy/put-policy.ts'
import { readManifests } from '../../src/yaml/document.ts'

/** Policy in a directory of YAML files: the embedded default, where there is no cluster to read it from. */
export interface DirectoryStore {
  /** The inventory in force. Another object after each change, so ask each time. */
  readonly inventory: Inventory
  /** What cannot be read at the moment; the last good state of those files stays in force. */
  readonly problems: readonly string[]
  /** Looks for changed files; returns whether there were any. */
  reload(): boolean
}

/** A file as it was read last, and the documents in it that were good last. */
interface PolicyFile {
  readonly stamp: string
  readonly good: readonly Manifest[]
  readonly problems: readonly string[]
}

const EMPTY: PolicyFile = { stamp: '', good: [], problems: [] }

/**
 * Opens a directory of Tenants, ClusterConfiguration, Namespaces, NADs and Pods in `.yaml`, `.yml` and `.json` files.
 * An edit that cannot be read keeps what that file said before, and says so; a file that never could be read grants
 * nothing.
 */
export function openDirectory(directory: string): DirectoryStore {
  let files = new Map<string, PolicyFile>()
  let inventory = new Inventory()
  let problems: readonly string[] = []

  const reload = (): boolean => {
    const next = new Map<string, PolicyFile>()
    for (const name of listPolicyFiles(directory)) next.set(name, readFile(directory, name, files.get(name)))
    const isSame =
      next.size === files.size && [...next].every(([name, file]) => files.get(name)?.stamp === file.stamp)
    files = next
    if (isSame) return false
    const built = build(files)
    inventory = built.inventory
    problems = [...[...files.values()].flatMap(file => file.problems), ...built.problems]
    return true
  }

  reload()
  return {
    get inventory() {
      return inventory
    },
    get problems() {
      return problems
    },
    reload,
  }
}

function readFile(directory: string, name: string, known: PolicyFile = EMPTY): PolicyFile {
  const path = join(directory, name)
  try {
    const { mtimeMs, size, ino } = statSync(path)
    const stamp = `${mtimeMs} ${size} ${ino}`
    if (stamp === known.stamp) return known
    const { manifests, problems } = readManifests(readTextFile(path))
    const found = [
      ...problems.map(({ line, message }) => `${name}:${line}: ${message}`),
      ...manifests.flatMap(manifest => documentProblems(name, manifest)),
    ]
    if (found.length === 0) return { stamp, good: manifests, problems: [] }
    return { stamp, good: known.good, problems: found }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { ...known, stamp: reason, problems: [`${name}: ${reason}`] }
  }
}

/** A document is tried on an inventory of its own, so that a bad one does not leave half of itself behind. */
function documentProblems(name: string, manifest: Manifest): string[] {
  return putManifest(new Inventory(), manifest).map(
    problem => `${name}: ${describeProblem(manifest, problem)}`,
  )
}

function build(files: ReadonlyMap<string, PolicyFile>): { inventory: Inventory; problems: string[] } {
  const inventory = new Inventory()
  const fileOf = new Map([...files].flatMap(([name, { good }]) => good.map(manifest => [manifest, name])))
  const problems = putPolicy(inventory, [...fileOf.keys()]).map(
    problem => `${fileOf.get(problem.manifest)}: ${describeProblem(problem.manifest, problem)}`,
  )
  const [, second] = [...fileOf.keys()].filter(manifest => groupKind(manifest) === CLUSTER_CONFIGURATION)
  if (second !== undefined)
    problems.unshift(
      `${fileOf.get(second)}: there is a second ClusterConfiguration, and the last one counts: keep one`,
    )
  return { inventory, problems }
}
