import { resolve } from 'node:path'
import { openPolicyDirectory } from '../store/directory.ts'
import type { PolicyStore } from '../store/store.ts'
import type { GlobalFlags, Terminal } from './command.ts'

/** The store that the global flags name: a cluster with --kubeconfig or --context, else the directory. */
export async function openStore(flags: GlobalFlags, terminal: Terminal): Promise<PolicyStore> {
  if (flags.kubeconfig !== undefined || flags.context !== undefined) return openCluster(flags)
  const at = (path: string): string => resolve(terminal.directory, path)
  return openPolicyDirectory(at(flags.policyDir), at(flags.keysDir), flags.policyDir)
}

/** Loaded only here: the Kubernetes client takes longer to load than most commands take. */
export async function openCluster({ kubeconfig, context }: GlobalFlags): Promise<PolicyStore> {
  const { openClusterStore } = await import('../store/cluster.ts')
  return openClusterStore({ kubeconfig, context })
}
