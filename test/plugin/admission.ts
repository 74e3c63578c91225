import type { ClaimKeys } from '../../src/claims/files.ts'
import { publicKeyOf, type SigningKey } from '../../src/claims/keys.ts'
import type { JsonObject } from '../../src/json/value.ts'
import { NETWORKS_ANNOTATION } from '../../src/kube/annotations.ts'
import type { Manifest } from '../../src/kube/manifest.ts'
import { readSelections } from '../../src/kube/selections.ts'
import { attachment, pod } from '../../src/policy/example.ts'
import { Inventory } from '../../src/policy/inventory.ts'
import { putManifest } from '../../src/policy/put-policy.ts'
import { applyPatch } from '../../src/review/patch.ts'
import { requestFor } from '../../src/review/request.ts'
import { createLocalReview } from '../../src/review/review.ts'

export const tenants: readonly Manifest[] = tenantsWith({})

function tenantsWith(finance: JsonObject): Manifest[] {
  return [tenant('finance', ['100', 'native'], finance), tenant('logistics', ['300'])]
}

function tenant(name: string, vlans: readonly string[], more: JsonObject = {}): Manifest {
  return {
    apiVersion: 'socni.dev/v1alpha1',
    kind: 'Tenant',
    metadata: { name },
    spec: { namespaces: [name], vlans: vlans.map(ids => ({ ids, masters: ['eth0', 'br-lab'] })), ...more },
  }
}

/** What the node is told of an attachment: a plugin's configuration as libcni writes it, and CNI_ARGS. */
export interface Attach {
  readonly config: JsonObject
  readonly args: string
}

/**
 * Admits a pod with the webhook's own review, and makes of it what Multus hands to the plugin: the NAD's configuration with
 * its name, and the selection's cni-args under args.cni (multus pkg/types/conf.go, libcni api.go).
 */
export async function admit(
  config: JsonObject,
  key: SigningKey,
  change: { namespace?: string; selection?: JsonObject; clock?: Date; finance?: JsonObject } = {},
): Promise<Attach> {
  const { namespace = 'finance', selection = {}, clock = new Date(), finance = {} } = change
  const nad = attachment(config, { name: 'ledger', namespace })
  const inventory = new Inventory()
  for (const manifest of [...tenantsWith(finance), nad]) putManifest(inventory, manifest)
  const keys: ClaimKeys = {
    signing: key,
    keys: new Map([[key.kid, publicKeyOf(key, 'current')]]),
    revocations: [],
  }
  const decide = createLocalReview(inventory, keys, () => clock)
  const manifest = pod([{ name: 'ledger', ...selection }], { metadata: { name: 'books', namespace } })
  const patched = applyPatch(manifest, await decide(requestFor(manifest), 'mutate'))
  const answer = await decide(requestFor(patched), 'validate')
  if (!answer.allowed) throw new Error(answer.status?.message)
  const [element] = readSelections(patched.metadata.annotations?.[NETWORKS_ANNOTATION], namespace).selections
  const ips = element?.ips.join(',') ?? ''
  const requested = [
    ...(ips === '' ? [] : [`IP=${ips}`]),
    ...(element?.mac === undefined ? [] : [`MAC=${element.mac}`]),
  ]
  return {
    config: { ...config, name: config.name ?? 'ledger', args: { cni: { ...element?.cniArgs } } },
    args: [
      'IgnoreUnknown=true',
      `K8S_POD_NAMESPACE=${namespace}`,
      'K8S_POD_NAME=books',
      'K8S_POD_INFRA_CONTAINER_ID=c1',
      'K8S_POD_UID=uid-1',
      ...requested,
    ].join(';'),
  }
}
