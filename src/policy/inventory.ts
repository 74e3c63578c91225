import { type Cluster, defaultCluster } from '../config/cluster.ts'
import type { Tenant } from '../config/tenant.ts'
import type { Manifest, ObjectMeta } from '../kube/manifest.ts'
import { readVlanName } from '../net/interface-name.ts'
import type { Prefix } from '../net/prefix.ts'
import { PrefixTable } from '../net/prefix-table.ts'
import { readAttachment } from './attachment.ts'
import { describeAttachment } from './describe.ts'
import { Holdings } from './holdings.ts'
import { findCommonRanges, findOverlaps, findSharers, type Holder } from './overlaps.ts'
import { storesOf } from './stores.ts'
import type { Attachment, Overlap, Rival, SharedStore, TenantSubject } from './subjects.ts'
import { SetMap, Tenancy } from './tenancy.ts'
import { Uses } from './uses.ts'

/** The IPAM store of K3s's own Flannel network (k3s pkg/agent/flannel/setup_linux.go). */
const CLUSTER_STORE = 'cbr0'

/**
 * What the rules may know about everything but their subject: tenants, namespaces, attachments and the cluster.
 * Stores fill it. Every look-up is indexed, so its cost does not grow with the number of tenants and attachments.
 */
export class Inventory {
  #cluster: Cluster = defaultCluster
  readonly #tenancy = new Tenancy()
  /** Which pods use which networks. */
  readonly uses = new Uses()
  readonly #manifests = new Map<string, Manifest>()
  readonly #attachments = new Map<string, Attachment>()
  readonly #byNamespace = new SetMap<Attachment>()
  readonly #pods = new Map<string, Manifest>()
  readonly #subnets = new PrefixTable<Holder>()
  readonly #holders = new Map<object, { prefix: Prefix; holder: Holder }[]>()
  readonly #stores = new SetMap<Attachment>()
  readonly #holdings = new Holdings()
  /** What is not in it may be there all the same: a linter knows the files that it was given. */
  readonly isPartial: boolean
  #revision = 0

  constructor({ isPartial = false } = {}) {
    this.isPartial = isPartial
  }

  /** Grows with each change of what rules may know; uses count their own. */
  get revision(): number {
    return this.#revision
  }

  get cluster(): Cluster {
    return this.#cluster
  }

  /** New facts about the cluster: names may hide other VLANs now, so everything is read again. */
  setCluster(cluster: Cluster): void {
    this.#revision++
    const tenants = [...this.#tenancy.tenants()]
    for (const { name } of tenants) this.removeTenant(name)
    this.#cluster = cluster
    for (const tenant of tenants) this.putTenant(tenant)
    for (const manifest of [...this.#manifests.values()]) this.putAttachment(manifest)
  }

  putTenant(tenant: Tenant): void {
    this.#revision++
    this.removeTenant(tenant.name)
    this.#tenancy.put(tenant)
    for (const prefix of tenant.vlans.flatMap(grant => grant.subnets))
      this.#hold(tenant, prefix, { kind: 'grant', tenant })
    this.#holdings.put(tenant, this.#cluster)
  }

  removeTenant(name: string): void {
    this.#revision++
    const tenant = this.#tenancy.get(name)
    if (tenant === undefined) return
    this.#tenancy.remove(name)
    this.#release(tenant)
    this.#holdings.remove(tenant, this.#cluster)
  }

  putNamespace(name: string, labels: Readonly<Record<string, string>> = {}): void {
    this.#revision++
    this.#tenancy.putNamespace(name, labels)
  }

  removeNamespace(name: string): void {
    this.#revision++
    this.#tenancy.removeNamespace(name)
  }

  putAttachment(manifest: Manifest): void {
    this.#revision++
    const attachment = readAttachment(manifest, this.#cluster)
    const key = objectKey(attachment.namespace, attachment.name)
    this.removeAttachment(attachment.namespace, attachment.name)
    this.#manifests.set(key, manifest)
    this.#attachments.set(key, attachment)
    this.#byNamespace.add(attachment.namespace, attachment)
    for (const fact of attachment.facts?.subnets ?? []) {
      this.#hold(attachment, fact.subnet, { kind: 'attachment', attachment, fact })
    }
    for (const store of storesOf(attachment)) this.#stores.add(store.key, attachment)
  }

  removeAttachment(namespace: string, name: string): void {
    this.#revision++
    const key = objectKey(namespace, name)
    const attachment = this.#attachments.get(key)
    if (attachment === undefined) return
    this.#attachments.delete(key)
    this.#byNamespace.delete(namespace, attachment)
    this.#manifests.delete(key)
    this.#release(attachment)
    for (const store of storesOf(attachment)) this.#stores.delete(store.key, attachment)
  }

  /** Pods are known for their bindings only; a store may leave them out. */
  putPod(manifest: Manifest): void {
    this.#pods.set(objectKey(manifest.metadata.namespace ?? '', manifest.metadata.name ?? ''), manifest)
  }

  removePod(namespace: string, name: string): void {
    this.#pods.delete(objectKey(namespace, name))
  }

  pod(namespace: string, name: string): Manifest | undefined {
    return this.#pods.get(objectKey(namespace, name))
  }

  tenant(name: string): Tenant | undefined {
    return this.#tenancy.get(name)
  }

  tenants(): Iterable<Tenant> {
    return this.#tenancy.tenants()
  }

  attachment(namespace: string, name: string): Attachment | undefined {
    return this.#attachments.get(objectKey(namespace, name))
  }

  attachments(): Iterable<Attachment> {
    return this.#attachments.values()
  }

  /** Every tenant that claims the namespace, with the labels that it has or with others that it might get. */
  claimants(namespace: string, labels?: Readonly<Record<string, string>>): Tenant[] {
    return this.#tenancy.claimants(namespace, labels)
  }

  /** Namespaces of this tenant that other tenants claim as well. */
  contestedBy(tenant: Tenant, before?: Tenant): TenantSubject['contested'] {
    const idOf = ({ namespace, tenant: { name } }: { namespace: string; tenant: Tenant }): string =>
      `${namespace} ${name}`
    const older = new Set(before === undefined ? [] : this.#tenancy.contestedBy(before).map(idOf))
    return this.#tenancy.contestedBy(tenant).map(each => ({ ...each, isOlder: older.has(idOf(each)) }))
  }

  /** The namespace's tenant; none when nobody claims it, and none when several do. */
  tenantOf(namespace: string): Tenant | undefined {
    const [tenant, ...others] = this.claimants(namespace)
    return others.length === 0 ? tenant : undefined
  }

  /** Subnets that are another tenant's, and overlap one of this attachment's; of other attachments those that count. */
  overlapsOf(attachment: Attachment, tenant: Tenant | undefined, counts = anyOther): Overlap[] {
    const tenantOf = (namespace: string) => this.tenantOf(namespace)
    return tenant === undefined ? [] : findOverlaps(attachment, tenant, this.#subnets, tenantOf, counts)
  }

  /** Whether nodes have an interface of this name, as far as is known: by the configuration, or by what tenants hold. */
  isHostInterface(name: string): boolean {
    // No alternative name is longer (linux/if.h ALTIFNAMSIZ); what is no name is told as that.
    if (name.length > 128) return false
    const { primaryInterface, protectedInterfaces, interfaces, mtus } = this.#cluster
    const parents = Object.values(interfaces).map(({ parent }) => parent)
    const named = [
      primaryInterface,
      ...protectedInterfaces,
      ...parents,
      ...Object.keys({ ...interfaces, ...mtus }),
    ]
    for (let at: string | undefined = name; at !== undefined; at = readVlanName(at)?.parent)
      if (named.includes(at) || this.#holdings.isNamed(at)) return true
    return false
  }

  /** IPAM stores of this attachment that the cluster's own network or another tenant's attachment uses. */
  sharedStoresOf(attachment: Attachment, tenant: Tenant | undefined, counts = anyOther): SharedStore[] {
    const named = storesOf(attachment).flatMap(({ key: _, others, isByAddress, ...store }) => {
      if (store.name === CLUSTER_STORE) return [{ ...store, owner: "Flannel, the cluster's own network" }]
      const keepers = this.#keepersOf(others)
      for (const other of isByAddress ? findSharers(attachment, keepers, this.#subnets) : keepers) {
        if (!counts(other)) continue
        const otherTenant = this.tenantOf(other.namespace)
        // Where nobody has tenants, people share an overlay on purpose, and an address store by accident.
        const isByNamespace = tenant === undefined && (otherTenant !== undefined || store.kind === 'store')
        const isOwn = isByNamespace ? other.namespace === attachment.namespace : otherTenant === tenant
        if (!isOwn) return [{ ...store, owner: describeAttachment(other, otherTenant) }]
      }
      return []
    })
    const tenantOf = (namespace: string) => this.tenantOf(namespace)
    const unnamed = findCommonRanges(attachment, tenant, this.#subnets, tenantOf, counts)
    // A name, and a pool that is named after it, are one matter.
    const owners = named.map(({ owner }) => owner)
    return [...named.filter(({ owner }, index) => owners.indexOf(owner) === index), ...unnamed]
  }

  *#keepersOf(keys: readonly string[]): Iterable<Attachment> {
    for (const key of keys) yield* this.#stores.get(key)
  }

  /** The tenants with a grant that names this interface or resource. */
  holdersOf(master: string): Tenant[] {
    return this.#holdings.holdersOf(master)
  }

  rivalsOf(tenant: Tenant, before?: Tenant): Rival[] {
    return this.#holdings.rivalsOf(tenant, this.#cluster, before)
  }

  nativeRivalsOf(tenant: Tenant): TenantSubject['nativeRivals'] {
    return this.#holdings.nativeRivalsOf(tenant, this.#cluster)
  }

  /** Namespaces that are there, and belong to this tenant and to no other. */
  namespacesOf(tenant: Tenant): string[] {
    return this.#tenancy
      .namespacesOf(tenant)
      .filter(name => this.#tenancy.hasNamespace(name) && this.tenantOf(name)?.name === tenant.name)
  }

  attachmentsIn(namespace: string): Iterable<Attachment> {
    return this.#byNamespace.get(namespace)
  }

  /** The tenants that would claim a namespace written so; undefined is one that is not there, and like any other. */
  claimantsOf(metadata: ObjectMeta | undefined): Tenant[] {
    return this.claimants(metadata?.name ?? '', metadata?.labels ?? {})
  }

  hasNamespace(name: string): boolean {
    return this.#tenancy.hasNamespace(name)
  }

  /** Namespaces that this tenant claims, whether they are there and its own or not. */
  claimedBy(tenant: Tenant): string[] {
    return this.#tenancy.namespacesOf(tenant)
  }

  #hold(owner: object, prefix: Prefix, holder: Holder): void {
    this.#subnets.add(prefix, holder)
    const held = this.#holders.get(owner) ?? []
    held.push({ prefix, holder })
    this.#holders.set(owner, held)
  }

  #release(owner: object): void {
    for (const { prefix, holder } of this.#holders.get(owner) ?? []) this.#subnets.remove(prefix, holder)
    this.#holders.delete(owner)
  }
}

/** Names of Kubernetes objects hold no `/`. */
function objectKey(namespace: string, name: string): string {
  return `${namespace}/${name}`
}

function anyOther(_: Attachment): boolean {
  return true
}
