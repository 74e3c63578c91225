import type { SubnetFact } from '../cni/facts/facts.ts'
import type { Tenant } from '../config/tenant.ts'
import type { RuleSettings } from '../config/values.ts'
import type { Manifest } from '../kube/manifest.ts'
import type { Selection } from '../kube/selection.ts'
import { parseIp } from '../net/ip.ts'
import { prefixOf } from '../net/prefix.ts'
import { readAttachment } from './attachment.ts'
import { effectiveFindings, enforcementOf } from './decision.ts'
import { evaluate, type Locate } from './evaluate.ts'
import type { Finding } from './finding.ts'
import type { Inventory } from './inventory.ts'
import { ridesInPod } from './reach.ts'
import { rules } from './rules/index.ts'
import type { Attachment, AttachmentSubject, Overlap } from './subjects.ts'

const NO_SETTINGS: RuleSettings = {}

const atConfig: Locate = ({ at, inside }) => (at ? { at } : { at: ['spec', 'config'], inside: inside ?? [] })

/** The findings on a NAD that was read already; of others those that count stand against it. */
export function judgeAttachment(
  attachment: Attachment,
  inventory: Inventory,
  before?: Manifest,
  counts?: (other: Attachment) => boolean,
): Finding[] {
  return evaluate(attachmentSubject(attachment, inventory, before, counts), rules.attachment, atConfig)
}

function attachmentSubject(
  attachment: Attachment,
  inventory: Inventory,
  before: Manifest | undefined,
  counts: ((other: Attachment) => boolean) | undefined,
): AttachmentSubject {
  const claimants = inventory.claimants(attachment.namespace)
  const tenant = inventory.tenantOf(attachment.namespace)
  return {
    attachment,
    tenant,
    claimants,
    cluster: inventory.cluster,
    eitherMasters: ridesInPod(attachment.facts?.uplinks ?? []).filter(
      ({ name }) => name === undefined || inventory.isHostInterface(name),
    ),
    deviceHolders: deviceHoldersOf(attachment, inventory),
    overlaps: inventory.overlapsOf(attachment, tenant, counts),
    sharedStores: inventory.sharedStoresOf(attachment, tenant, counts),
    before: before && readAttachment(before, inventory.cluster),
    users: before === undefined ? new Set() : usersOf(attachment, inventory),
  }
}

function deviceHoldersOf({ facts, resourceName }: Attachment, inventory: Inventory): readonly Tenant[] {
  return resourceName === undefined || !facts?.devices.length ? [] : inventory.holdersOf(resourceName)
}

/**
 * Why a NAD that is in the cluster would be refused now, or would be if its namespace were not merely warned or audited:
 * no claim may be signed for it in any case. `override` stands above all settings, as for effectiveFindings.
 */
export function refusalsOf(
  attachment: Attachment,
  inventory: Inventory,
  override: RuleSettings = NO_SETTINGS,
): readonly Finding[] {
  const { revision } = inventory
  const known = refusalsAt.get(attachment)
  if (known?.revision === revision && known.override === override) return known.refusals
  const refusals = findRefusals(attachment, inventory, override)
  refusalsAt.set(attachment, { revision, override, refusals })
  return refusals
}

/** Many pods select one network; what stands against it is found once for each state of the policy. */
const refusalsAt = new WeakMap<Attachment, KnownRefusals>()

interface KnownRefusals {
  readonly revision: number
  readonly override: RuleSettings
  readonly refusals: readonly Finding[]
}

function findRefusals(
  attachment: Attachment,
  inventory: Inventory,
  override: RuleSettings,
): readonly Finding[] {
  const { cluster } = inventory
  const { namespace } = attachment
  if (cluster.exemptNamespaces.includes(namespace)) return []
  const jurisdiction = (name: string) => ({ cluster, tenant: inventory.tenantOf(name), namespace: name })
  const where = jurisdiction(namespace)
  const isDenied = enforcementOf(where) === 'deny'
  // Where nobody is refused anything, somebody could take what is this one's, and keep its pods from starting.
  const counts = (other: Attachment): boolean =>
    !isOlder(attachment, other) && !(isDenied && enforcementOf(jurisdiction(other.namespace)) !== 'deny')
  const findings = judgeAttachment(attachment, inventory, undefined, counts)
  return effectiveFindings(findings, where, override).filter(({ severity }) => severity === 'error')
}

/** What other tenants hold of the addresses that a pod asks for; those of a network that names its own are in these. */
export function overlapsOfAsked({ ips }: Selection, attachment: Attachment, inventory: Inventory): Overlap[] {
  const { facts, namespace } = attachment
  if (facts === undefined || facts.subnets.length > 0) return []
  const subnets = ips.flatMap((text, index): SubnetFact[] => {
    const ip = parseIp(text.split('/', 1)[0] ?? '')
    if (ip === undefined) return []
    const single = {
      subnet: prefixOf(ip),
      first: ip,
      last: ip,
      gateway: undefined,
      source: 'static',
    } as const
    return [{ ...single, plugin: '', at: ['ips', index] }]
  })
  return inventory.overlapsOf({ ...attachment, facts: { ...facts, subnets } }, inventory.tenantOf(namespace))
}

/** By whole seconds; what has no time, as in files, is as old as anything. */
function isOlder({ metadata: { creationTimestamp: one } }: Attachment, { metadata }: Attachment): boolean {
  const other = metadata.creationTimestamp
  return one !== undefined && other !== undefined && one < other
}

/** Pods of its own tenant that use a network: those of others do not hold it, or they could keep its owner from it. */
export function usersOf({ namespace, name }: Attachment, inventory: Inventory): ReadonlySet<string> {
  const tenant = inventory.tenantOf(namespace)
  const isOwn = (user: string): boolean => {
    const [home = ''] = user.split('/')
    return home === namespace || (tenant !== undefined && inventory.tenantOf(home) === tenant)
  }
  return new Set([...inventory.uses.of(namespace, name)].filter(isOwn))
}
