import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import {
  checkKeyChange,
  dropKey,
  publishNextKey,
  readKeys,
  readPublicKeys,
  rotateKeys,
} from '../claims/files.ts'

import type { Installed } from '../kube/installed.ts'
import { openPolicyDirectory } from '../store/directory.ts'
import type { KeyStore } from '../store/keys.ts'
import type { PolicyStore } from '../store/store.ts'
import { DEFAULT_POLICY_DIR, type GlobalFlags, type Terminal } from './command.ts'

/** Whether the global flags name a cluster, for commands that need none. */
export function namesCluster({ kubeconfig, context }: GlobalFlags): boolean {
  return kubeconfig !== undefined || context !== undefined
}

/** Whether a command works on a cluster, that of the kubeconfig where kubectl runs it: else it is the directories. */
export function isInCluster(flags: GlobalFlags): boolean {
  return namesCluster(flags) || flags.isClusterMeant === true
}

/** The store that the global flags name: a cluster with --kubeconfig or --context, else the directory. */
export async function openStore(flags: GlobalFlags, terminal: Terminal): Promise<PolicyStore> {
  if (isInCluster(flags)) return openCluster(flags, terminal)
  const at = (path: string): string => resolve(terminal.directory, path)
  return openPolicyDirectory(at(flags.policyDir), at(flags.keysDir), flags.policyDir)
}

/** For commands that only read: a directory that was named and is not there may be a misspelt one. */
export function noteMissing(flags: GlobalFlags, { directory, stderr }: Terminal): void {
  if (flags.policyDir === DEFAULT_POLICY_DIR || isInCluster(flags)) return
  if (!existsSync(resolve(directory, flags.policyDir)))
    stderr(`note: there is no directory ${flags.policyDir}\n`)
}

/** Loaded only here: the Kubernetes client takes longer to load than most commands take. */
export async function openCluster(flags: GlobalFlags, terminal: Terminal): Promise<PolicyStore> {
  const { openClusterStore } = await import('../store/cluster.ts')
  return openClusterStore(accessOf(flags, terminal))
}

/** What is installed in the cluster of the kubeconfig, whether the global flags name one or not. */
export async function openInstalled(flags: GlobalFlags, terminal: Terminal): Promise<Installed> {
  const { readInstalled } = await import('../store/installed.ts')
  return readInstalled(accessOf(flags, terminal))
}

function accessOf({ kubeconfig, context }: GlobalFlags, { kubeconfigs }: Terminal) {
  return { kubeconfig, context, files: kubeconfigs }
}

/** The keys that the global flags name: a cluster's with --kubeconfig or --context, else those in the directory. */
export async function openKeyStore(flags: GlobalFlags, terminal: Terminal): Promise<KeyStore> {
  if (isInCluster(flags)) {
    const { openClusterKeys } = await import('../store/keys.ts')
    return openClusterKeys(accessOf(flags, terminal))
  }
  const directory = resolve(terminal.directory, flags.keysDir)
  return {
    place: flags.keysDir,
    read: async () => readKeys(directory),
    published: async () => readPublicKeys(directory),
    publishNext: async () => publishNextKey(directory),
    rotate: async () => rotateKeys(directory),
    drop: async kid => dropKey(directory, kid),
    check: async (change, kid) => checkKeyChange(directory, change, kid),
  }
}
