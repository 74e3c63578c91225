import { AUDITED, WEBHOOK } from '../../src/kube/installed.ts'
import { isRecord, type Manifest } from '../../src/kube/manifest.ts'
import { ApiError, type KubeClient } from '../../src/kube-api/client.ts'
import { NAMESPACE } from '../../src/kube-api/objects.ts'

const LEASE = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' }

/** How long the leader may be silent; the same as Kubernetes' own components have. */
const DURATION_SECONDS = 15

/**
 * Takes or keeps the Lease; returns whether this replica leads until it asks again, within ten seconds. The API server
 * lets one of two win, by the resourceVersion. Whoever looks at the Lease sees when this replica's last audit ended, or the
 * one of whoever led before.
 */
export async function lead(
  client: KubeClient,
  identity: string,
  now: Date,
  audited?: Date,
): Promise<boolean> {
  const known = await client.read(LEASE, WEBHOOK, NAMESPACE)
  const held = isRecord(known?.spec) ? known.spec : {}
  const isOurs = held.holderIdentity === identity
  const isOver =
    !held.holderIdentity ||
    typeof held.renewTime !== 'string' ||
    Date.parse(held.renewTime) + DURATION_SECONDS * 1000 < now.getTime()
  if (!isOurs && !isOver) return false
  const renewTime = now.toISOString().replace('Z', '000Z')
  const transitions = typeof held.leaseTransitions === 'number' ? held.leaseTransitions : 0
  const metadata = known?.metadata ?? { name: WEBHOOK, namespace: NAMESPACE }
  const annotations = audited && { ...metadata.annotations, [AUDITED]: audited.toISOString() }
  const manifest: Manifest = {
    ...LEASE,
    metadata: { ...metadata, ...(annotations && { annotations }) },
    spec: {
      holderIdentity: identity,
      leaseDurationSeconds: DURATION_SECONDS,
      acquireTime: isOurs ? held.acquireTime : renewTime,
      renewTime,
      leaseTransitions: isOurs ? transitions : transitions + 1,
    },
  }
  try {
    await (known === undefined ? client.create(manifest) : client.replace(manifest))
    return true
  } catch (error) {
    if (error instanceof ApiError && error.status === 409) return false
    throw error
  }
}

/** Gives the Lease up, so that another replica leads at once. */
export async function resign(client: KubeClient, identity: string): Promise<void> {
  const known = await client.read(LEASE, WEBHOOK, NAMESPACE)
  if (!isRecord(known?.spec) || known.spec.holderIdentity !== identity) return
  await client.replace({ ...known, spec: { ...known.spec, holderIdentity: '' } })
}
