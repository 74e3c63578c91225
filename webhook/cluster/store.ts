import type { ClaimKeys } from '../../src/claims/files.ts'
import { MAX_CONFIG_BYTES } from '../../src/cni/network.ts'
import { NETWORKS_ANNOTATION, RESOURCE_NAME_ANNOTATION } from '../../src/kube/annotations.ts'
import { isRecord, type Manifest } from '../../src/kube/manifest.ts'
import { readSelections } from '../../src/kube/selections.ts'
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
import { type Mirror, mirrorOf } from './mirror.ts'
import { type Journal, type Reflector, type Subject, startReflector } from './reflector.ts'
import { tenantMirror } from './tenant-mirror.ts'

/** The policy of a cluster, as its API server has it. */
export interface ClusterStore {
  readonly inventory: Inventory
  /** The keys that sign and verify; the last good ones, when the Secret cannot be read. */
  keys(): ClaimKeys
  /** What the nodes are told: the ConfigMap of keys, revocations and facts. */
  published(): Readonly<Record<string, string>>
  /** What of it cannot be read or contradicts itself; the last good state stays in force. */
  problems(): string[]
  /** What was never read since the start, so that nothing can be decided, told or revoked; undefined: nothing. */
  unread(): string | undefined
  /** Seconds since the API server was last heard from by the reflector that waits longest. */
  staleness(): number
  /** Whether what is known of a kind is as new as this version of one of its objects. */
  hasSeen(kind: string, resourceVersion: string): boolean
  /** Has reflectors that wait after a failure try again at once. */
  hurry(): void
  stop(): void
}

/** Opens the store; `keys` are those that were there at the start. */
export function followCluster(client: KubeClient, keys: ClaimKeys, log: Journal): ClusterStore {
  // A pod may be a megabyte, of which nothing but its annotations is asked for.
  const metadataClient = new KubeClient(metadataOnly(client.config))
  const inventory = new Inventory()
  const problems = new Map<string, string[]>()
  const reflectors: Reflector[] = []
  let current = keys
  const failed = ({ kind, metadata: { name, namespace } }: Manifest, error: unknown): void =>
    log.error(
      { err: error, kind, name, namespace },
      'a bug: this object cannot be read, and counts as not there',
    )
  const follow = (subject: Subject, mirror: Mirror, by = client): void => {
    reflectors.push(startReflector(by, subject, mirror, log))
  }

  const tenants = tenantMirror(inventory, found => problems.set('tenants', found))
  follow({ ...KINDS.tenant, path: '/apis/socni.dev/v1alpha1/tenants' }, tenants)
  follow(
    { ...KINDS.namespace, path: '/api/v1/namespaces', keep: labelsOf },
    mirrorOf(
      manifest => void putManifest(inventory, manifest),
      name => inventory.removeNamespace(name),
      failed,
    ),
  )
  follow(
    {
      ...KINDS.network,
      path: '/apis/k8s.cni.cncf.io/v1/network-attachment-definitions',
      page: PAGE_OF_LARGE,
      keep: judgedPartOf,
    },
    mirrorOf(
      manifest => void putManifest(inventory, manifest),
      (name, namespace) => inventory.removeAttachment(namespace, name),
      failed,
    ),
  )
  // Only which pods use which networks: the pod that is bound is asked for, since a mirror is a moment behind the scheduler.
  follow(
    {
      ...KINDS.pod,
      path: '/api/v1/pods',
      fieldSelector: PODS_NOT_ENDED,
      keep: usesOf,
    },
    mirrorOf(
      ({ metadata }) => inventory.uses.put(metadata),
      (name, namespace) => inventory.uses.remove(namespace, name),
      failed,
    ),
    metadataClient,
  )
  const map = (name: string, take: (data: Readonly<Record<string, string>>) => void): void =>
    follow(
      {
        ...CONFIG_MAP,
        path: `/api/v1/namespaces/${NAMESPACE}/configmaps`,
        namespace: NAMESPACE,
        fieldSelector: `metadata.name=${name}`,
      },
      guarded(name, problems, log, manifest => take(textsOf(manifest))),
    )
  // Without it the cluster would be any K3s: claims of another one would be refused and revoked, its nodes told wrong facts.
  let isConfigured = false
  map(CONFIGURATION_MAP.name, data => {
    inventory.setCluster(parseConfiguration(data))
    tenants.judgeAgain()
    isConfigured = true
  })
  let secretData: Readonly<Record<string, string>> = {}
  let mapData: Readonly<Record<string, string>> = {}
  const takeKeys = (): void => {
    if (Object.keys(secretData).length > 0) current = keysOf(decode(secretData), mapData)
  }
  map(KEY_MAP, data => {
    mapData = data
    takeKeys()
  })
  follow(
    {
      ...SECRET,
      path: `/api/v1/namespaces/${NAMESPACE}/secrets`,
      namespace: NAMESPACE,
      fieldSelector: `metadata.name=${KEY_SECRET}`,
    },
    guarded(KEY_SECRET, problems, log, manifest => {
      secretData = textsOf(manifest)
      takeKeys()
    }),
  )

  return {
    inventory,
    keys: () => current,
    published: () => mapData,
    problems: () => [...problems.values()].flat(),
    unread: () => {
      if (!reflectors.every(({ isSynced }) => isSynced))
        return 'the policy was not read from the API server yet'
      if (isConfigured) return undefined
      const found = problems.get(CONFIGURATION_MAP.name)?.join('; ')
      return `what cluster this is was not read since the start: ConfigMap ${found}`
    },
    staleness: () => {
      const oldest = Math.min(...reflectors.map(({ heardAt }) => heardAt ?? 0))
      return (performance.now() - oldest) / 1000
    },
    hasSeen: (kind, resourceVersion) =>
      reflectors.some(reflector => reflector.kind === kind && reflector.hasSeen(resourceVersion)),
    hurry: () => {
      for (const reflector of reflectors) reflector.hurry()
    },
    stop: () => {
      for (const reflector of reflectors) reflector.stop()
    },
  }
}

/** One object that is taken when it can be read, and else stays as it was. Deleting it changes nothing either. */
function guarded(
  what: string,
  problems: Map<string, string[]>,
  log: Journal,
  take: (manifest: Manifest) => void,
): Mirror {
  const tryTake = (manifest: Manifest): void => {
    try {
      take(manifest)
      problems.delete(what)
    } catch (error) {
      log.warn({ err: error }, `${what} cannot be read; what it said before stays in force`)
      problems.set(what, [`${what}: ${error instanceof Error ? error.message : String(error)}`])
    }
  }
  const miss = (): void => {
    log.warn({}, `${what} is not there; what it said before, if anything, stays in force`)
    problems.set(what, [`${what} is not there`])
  }
  return {
    replace: manifests => {
      if (manifests.length === 0) miss()
      for (const manifest of manifests) tryTake(manifest)
    },
    put: tryTake,
    remove: miss,
  }
}

/** What is judged of a network; what is too long to be read is cut where that shows, so that it fills no memory. */
function judgedPartOf({ apiVersion, kind, metadata, spec }: Manifest): Manifest {
  const { name, namespace, resourceVersion, creationTimestamp, annotations } = metadata
  const resourceName = annotations?.[RESOURCE_NAME_ANNOTATION]
  const config = isRecord(spec) && typeof spec.config === 'string' ? spec.config : undefined
  return {
    apiVersion,
    kind,
    metadata: {
      ...(name !== undefined && { name }),
      ...(namespace !== undefined && { namespace }),
      ...(resourceVersion !== undefined && { resourceVersion }),
      ...(creationTimestamp !== undefined && { creationTimestamp }),
      ...(resourceName !== undefined && { annotations: { [RESOURCE_NAME_ANNOTATION]: resourceName } }),
    },
    spec: config === undefined ? {} : { config: bounded(config) },
  }
}

/** A copy where it is cut: a mere slice would hold on to the whole text. */
function bounded(config: string): string {
  if (config.length <= MAX_CONFIG_BYTES) return config
  return Buffer.from(config.slice(0, MAX_CONFIG_BYTES + 1)).toString()
}

/** Without its version: what fresh.ts asked for may be older than what the watch said, and the next list puts that right. */
function labelsOf({ apiVersion, kind, metadata: { name, labels } }: Manifest): Manifest {
  return { apiVersion, kind, metadata: { ...(name !== undefined && { name }), ...(labels && { labels }) } }
}

/**
 * A pod's name and the names of its networks, which are short where its annotation with claims is long. One that is being
 * deleted gets no sandbox any more, and Multus remembers what it has to take off.
 */
function usesOf({
  apiVersion,
  kind,
  metadata: { name, namespace = '', annotations, resourceVersion, deletionTimestamp },
}: Manifest): Manifest | undefined {
  const { selections } = readSelections(annotations?.[NETWORKS_ANNOTATION], namespace)
  if (name === undefined || deletionTimestamp !== undefined || selections.length === 0) return undefined
  const networks = selections.map(selection => `${selection.namespace}/${selection.name}`).join()
  const version = resourceVersion === undefined ? {} : { resourceVersion }
  const kept = { name, namespace, ...version, annotations: { [NETWORKS_ANNOTATION]: networks } }
  return { apiVersion, kind, metadata: kept }
}
