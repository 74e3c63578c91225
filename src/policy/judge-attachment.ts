import type { Tenant } from '../config/tenant.ts'
import type { RuleSetting } from '../config/values.ts'
import type { Manifest } from '../kube/manifest.ts'
import { readAttachment } from './attachment.ts'
import { effectiveFindings } from './decision.ts'
import { evaluate, type Place } from './evaluate.ts'
import type { Finding } from './finding.ts'
import type { Inventory } from './inventory.ts'
import { ridesInPod } from './reach.ts'
import { rules } from './rules/index.ts'
import type { Attachment, AttachmentSubject } from './subjects.ts'

/** What was made of rules, by their ids. */
type Settings = Readonly<Record<string, RuleSetting>>

const NO_SETTINGS: Settings = {}

const atConfig: Place = ({ at, inside }) => (at ? { at } : { at: ['spec', 'config'], inside: inside ?? [] })

/** The findings on a NAD that was read already. */
export function judgeAttachment(attachment: Attachment, inventory: Inventory, before?: Manifest): Finding[] {
  return evaluate(attachmentSubject(attachment, inventory, before), rules.attachment, atConfig)
}

function attachmentSubject(
  attachment: Attachment,
  inventory: Inventory,
  before: Manifest | undefined,
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
    overlaps: inventory.overlapsOf(attachment, tenant),
    sharedStores: inventory.sharedStoresOf(attachment, tenant),
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
  override: Settings = NO_SETTINGS,
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
  readonly override: Settings
  readonly refusals: readonly Finding[]
}

function findRefusals(attachment: Attachment, inventory: Inventory, override: Settings): readonly Finding[] {
  const { cluster } = inventory
  const { namespace } = attachment
  if (cluster.exemptNamespaces.includes(namespace)) return []
  const findings = judgeAttachment(attachment, inventory)
  const where = { cluster, tenant: inventory.tenantOf(namespace), namespace }
  return effectiveFindings(findings, where, override).filter(({ severity }) => severity === 'error')
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
