import { setImmediate } from 'node:timers/promises'
import type { ClaimKeys } from '../../src/claims/files.ts'
import type { Manifest } from '../../src/kube/manifest.ts'
import { type KindOf, type KubeClient, type ListOptions, PAGE_OF_LARGE } from '../../src/kube-api/client.ts'
import { KINDS, PODS_NOT_ENDED } from '../../src/kube-api/kinds.ts'
import type { Finding } from '../../src/policy/finding.ts'
import type { Inventory } from '../../src/policy/inventory.ts'
import { judgeStanding } from '../../src/review/standing.ts'
import { MAX_TOLD } from '../../src/review/validate.ts'

/** What a finding is about, as Events and reports name it (core/v1 ObjectReference). */
export interface ObjectReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly namespace?: string
  readonly uid?: string
}

/** A finding on an object that is there. */
export interface Standing {
  readonly object: ObjectReference
  readonly finding: Finding
}

/** What is judged: policy, networks, and what attaches. Workloads show in their pods. */
const AUDITED: readonly (KindOf & ListOptions)[] = [
  KINDS.tenant,
  KINDS.network,
  { ...KINDS.pod, fieldSelector: PODS_NOT_ENDED },
]

/** Few enough that reviews need not wait. */
const BATCH = 10

/**
 * Judges everything that is there, page by page and between reviews, until the signal. A kind that the cluster does not
 * have has no objects.
 */
export async function auditCluster(
  client: KubeClient,
  inventory: Inventory,
  keys: ClaimKeys,
  signal: AbortSignal,
  failed: (object: ObjectReference, error: unknown) => void,
): Promise<Standing[]> {
  const standings: Standing[] = []
  for (const { apiVersion, kind, ...options } of AUDITED) {
    for await (const { items } of client.pagesOrNone(
      { apiVersion, kind },
      { ...options, page: PAGE_OF_LARGE },
    )) {
      for (const [index, manifest] of items.entries()) {
        if (index % BATCH === 0) await setImmediate()
        signal.throwIfAborted()
        const object = referenceTo(manifest)
        try {
          const findings = judgeStanding(manifest, inventory, keys).slice(0, MAX_TOLD)
          standings.push(...findings.map(finding => ({ object, finding })))
        } catch (error) {
          // One object that we cannot judge must not hide what stands against all others.
          failed(object, error)
        }
      }
    }
  }
  return standings
}

function referenceTo({ apiVersion, kind, metadata }: Manifest): ObjectReference {
  const { name = '', namespace, uid } = metadata
  return {
    apiVersion,
    kind,
    name,
    ...(namespace !== undefined && { namespace }),
    ...(uid !== undefined && { uid }),
  }
}
