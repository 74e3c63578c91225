import type { ClaimKeys } from '../../src/claims/files.ts'
import type { Manifest } from '../../src/kube/manifest.ts'
import { KubeClient, PAGE_OF_LARGE } from '../../src/kube-api/client.ts'
import { metadataOnly } from '../../src/kube-api/connections.ts'
import { KINDS, PODS_NOT_ENDED } from '../../src/kube-api/kinds.ts'
import {
  CONFIG_MAP,
  CONFIGURATION_MAP,
  decode,
  KEY_MAP,
  KEY_SECRET,
  NAMESPACE,
  SECRET,
  textsOf,
} from '../../src/kube-api/objects.ts'
import { Inventory } from '../../src/policy/inventory.ts'
import { putManifest } from '../../src/policy/put-policy.ts'
import { keysOf } from '../../src/store/key-objects.ts'
import { parseConfiguration } from './cluster-configuration.ts'
import { judgedPartOf, labelsOf, usesOf } from './kept.ts'
import { type Mirror, mirrorOf } from './mirror.ts'
import { oneObject } from './one-object.ts'
import { type Journal, Reflector, type Subject } from './reflector.ts'
import { tenantMirror } from './tenant-mirror.ts'

type Texts = Readonly<Record<string, string>>

/** The policy of a cluster, as its API server has it, from the moment on that the store is made. */
export class ClusterStore {
  readonly inventory = new Inventory()
  readonly #log: Journal
  readonly #reflectors: Reflector[] = []
  readonly #problems = new Map<string, readonly string[]>()
  readonly #tenants = tenantMirror(this.inventory, found => this.#problems.set('tenants', found))
  #keys: ClaimKeys
  /** Without it the cluster would be any K3s: claims of another one would be refused and revoked, its nodes told wrong facts. */
  #isConfigured = false
  #secret: Texts = {}
  #published: Texts = {}

  /** `keys` are those that were there at the start. */
  constructor(client: KubeClient, keys: ClaimKeys, log: Journal) {
    this.#log = log
    this.#keys = keys
    this.#followTenancy(client)
    this.#followNetworks(client)
    this.#followConfiguration(client)
    this.#followKeys(client)
  }

  /** The keys that sign and verify; the last good ones, when the Secret cannot be read. */
  keys(): ClaimKeys {
    return this.#keys
  }

  /** What the nodes are told: the ConfigMap of keys, revocations and facts. */
  published(): Texts {
    return this.#published
  }

  /** What of it cannot be read or contradicts itself; the last good state stays in force. */
  problems(): string[] {
    return [...this.#problems.values()].flat()
  }

  /** What was never read since the start, so that nothing can be decided, told or revoked; undefined: nothing. */
  unread(): string | undefined {
    if (!this.#reflectors.every(({ isSynced }) => isSynced))
      return 'the policy was not read from the API server yet'
    if (this.#isConfigured) return undefined
    const found = this.#problems.get(CONFIGURATION_MAP.name)?.join('; ')
    return `what cluster this is was not read since the start: ConfigMap ${found}`
  }

  /** Seconds since the API server was last heard from by the reflector that waits longest. */
  staleness(): number {
    const oldest = Math.min(...this.#reflectors.map(({ heardAt }) => heardAt ?? 0))
    return (performance.now() - oldest) / 1000
  }

  /** Whether what is known of a kind is as new as this version of one of its objects. */
  hasSeen(kind: string, resourceVersion: string): boolean {
    return this.#reflectors.some(reflector => reflector.kind === kind && reflector.hasSeen(resourceVersion))
  }

  /** Has reflectors that wait after a failure try again at once. */
  hurry(): void {
    for (const reflector of this.#reflectors) reflector.hurry()
  }

  stop(): void {
    for (const reflector of this.#reflectors) reflector.stop()
  }

  #follow(client: KubeClient, subject: Subject, mirror: Mirror): void {
    const reflector = new Reflector(client, subject, mirror, this.#log)
    this.#reflectors.push(reflector)
    reflector.start()
  }

  #followTenancy(client: KubeClient): void {
    this.#follow(client, { ...KINDS.tenant, path: '/apis/socni.dev/v1alpha1/tenants' }, this.#tenants)
    this.#follow(
      client,
      { ...KINDS.namespace, path: '/api/v1/namespaces', keep: labelsOf },
      this.#objects(
        manifest => void putManifest(this.inventory, manifest),
        name => this.inventory.removeNamespace(name),
      ),
    )
  }

  #followNetworks(client: KubeClient): void {
    this.#follow(
      client,
      {
        ...KINDS.network,
        path: '/apis/k8s.cni.cncf.io/v1/network-attachment-definitions',
        page: PAGE_OF_LARGE,
        keep: judgedPartOf,
      },
      this.#objects(
        manifest => void putManifest(this.inventory, manifest),
        (name, namespace) => this.inventory.removeAttachment(namespace, name),
      ),
    )
    // Only which pods use which networks: the pod that is bound is asked for, since a mirror is a moment behind the scheduler.
    this.#follow(
      // A pod may be a megabyte, of which nothing but its annotations is asked for.
      new KubeClient(metadataOnly(client.config)),
      { ...KINDS.pod, path: '/api/v1/pods', fieldSelector: PODS_NOT_ENDED, keep: usesOf },
      this.#objects(
        ({ metadata }) => this.inventory.uses.put(metadata),
        (name, namespace) => this.inventory.uses.remove(namespace, name),
      ),
    )
  }

  #followConfiguration(client: KubeClient): void {
    this.#followOwn(client, 'configmaps', CONFIGURATION_MAP.name, data => {
      this.inventory.setCluster(parseConfiguration(data))
      this.#tenants.judgeAgain()
      this.#isConfigured = true
    })
  }

  #followKeys(client: KubeClient): void {
    const take = (): void => {
      if (Object.keys(this.#secret).length > 0) this.#keys = keysOf(decode(this.#secret), this.#published)
    }
    this.#followOwn(client, 'configmaps', KEY_MAP, data => {
      this.#published = data
      take()
    })
    this.#followOwn(client, 'secrets', KEY_SECRET, data => {
      this.#secret = data
      take()
    })
  }

  /** Follows one object of the webhook's own namespace. */
  #followOwn(
    client: KubeClient,
    resource: 'configmaps' | 'secrets',
    name: string,
    take: (data: Texts) => void,
  ): void {
    this.#follow(
      client,
      {
        ...(resource === 'secrets' ? SECRET : CONFIG_MAP),
        path: `/api/v1/namespaces/${NAMESPACE}/${resource}`,
        namespace: NAMESPACE,
        fieldSelector: `metadata.name=${name}`,
      },
      oneObject(name, this.#problems, this.#log, manifest => take(textsOf(manifest))),
    )
  }

  #objects(put: (manifest: Manifest) => void, remove: (name: string, namespace: string) => void): Mirror {
    return mirrorOf(put, remove, ({ kind, metadata: { name, namespace } }, error) =>
      this.#log.error(
        { err: error, kind, name, namespace },
        'a bug: this object cannot be read, and counts as not there',
      ),
    )
  }
}
