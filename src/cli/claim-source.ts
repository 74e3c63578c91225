import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { readTextFile } from '../files/read-text.ts'
import { groupKind } from '../kube/group-kind.ts'
import type { Manifest } from '../kube/manifest.ts'
import { withNamespace } from '../kube/workloads.ts'
import type { PolicyStore } from '../store/store.ts'
import { readManifests } from '../yaml/document.ts'
import { readName } from './arguments.ts'
import { FailureError, type GlobalFlags, type Terminal } from './command.ts'

// Where `socni-ctl claim` has pods and claims from.

export interface ClaimFlags extends GlobalFlags {
  readonly namespace: string
}

/** Three parts of base64url, of which the first one starts an object: no name of a file looks like that. */
export function isToken(text: string): boolean {
  return /^\s*eyJ[\w-]+\.[\w-]+\.[\w-]*\s*$/.test(text)
}

/** A claim itself, what standard input holds, or what a file does. */
export function textOf(what: string, terminal: Terminal): string {
  if (isToken(what)) return what
  return what === '-' ? terminal.stdin() : readTextFile(resolve(terminal.directory, what))
}

/** The name in `pod/NAME`, as kubectl takes it; undefined for anything else, and where a file is called so. */
export function podNamed(what: string, { directory }: Terminal): string | undefined {
  const [, name] = /^(?:pod|pods|po)\/([^/]+)$/.exec(what) ?? []
  return name === undefined || existsSync(resolve(directory, what)) ? undefined : name
}

/** A pod with networks. Throws a FailureError that says where there is one of its name instead. */
export function findPod(
  name: string,
  manifests: readonly Manifest[],
  { namespace }: ClaimFlags,
  { title }: PolicyStore,
): Manifest {
  const given = readName('--namespace', namespace)
  const named = manifests.filter(
    manifest => groupKind(manifest) === '/Pod' && manifest.metadata.name === name,
  )
  const pod = named.find(({ metadata }) => (metadata.namespace ?? 'default') === given)
  if (pod !== undefined) return pod
  const elsewhere = named.map(({ metadata }) => metadata.namespace ?? 'default')
  const hint =
    elsewhere.length === 0 ? '' : `; there is one in ${elsewhere.join(', ')}: name it with --namespace`
  throw new FailureError(`no pod "${given}/${name}" with networks is in ${title}${hint}`)
}

/** The pods in a text. Throws a FailureError when there is none. */
export function podsIn(text: string, what: string, namespace: string): Manifest[] {
  const { manifests, problems } = readManifests(text)
  const [problem] = problems
  if (problem !== undefined) throw new FailureError(`${what}:${problem.line}: ${problem.message}`)
  const pods = manifests.filter(manifest => groupKind(manifest) === '/Pod')
  if (pods.length === 0) throw new FailureError(`${what}: there is no Pod in it: claims are of pods`)
  const given = readName('--namespace', namespace)
  return pods.map(pod => withNamespace(pod, given))
}
