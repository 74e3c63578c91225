import {
  ApiException,
  KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  type V1ConfigMap,
} from '@kubernetes/client-node'
import { mergeRevocation, parseRevocations, printRevocations } from '../claims/revocations.ts'
import { NETWORKS_ANNOTATION } from '../kube/annotations.ts'
import { isRecord, type Manifest } from '../kube/manifest.ts'
import { readManifests } from '../yaml/document.ts'
import { applyEdits, type PolicyStore, StoreError } from './store.ts'

/** Where SOCNI keeps what is not a resource of its own. */
const NAMESPACE = 'socni-system'
const CONFIGURATION = { name: 'socni-configuration', key: 'cluster.yaml' }
const KEYS = { name: 'socni-keys', key: 'revocations.json' }

/** Kinds that rules know something from. A cluster without their definition has none of them. */
const KINDS = [
  { apiVersion: 'socni.dev/v1alpha1', kind: 'Tenant' },
  { apiVersion: 'v1', kind: 'Namespace' },
  { apiVersion: 'k8s.cni.cncf.io/v1', kind: 'NetworkAttachmentDefinition' },
] as const

/** Objects a page: the API server answers in pieces, and so a large cluster needs no large answer. */
const PAGE = 500

export interface ClusterAccess {
  readonly kubeconfig?: string | undefined
  readonly context?: string | undefined
}

/** A cluster as a store, with the rights of whoever the kubeconfig speaks for. */
export function openClusterStore(access: ClusterAccess): PolicyStore {
  const config = loadConfig(access)
  const api = KubernetesObjectApi.makeApiClient(config)
  const cluster = config.getCurrentCluster()?.server ?? 'no server'

  const call = async <T>(what: string, request: () => Promise<T>): Promise<T> => {
    try {
      return await request()
    } catch (error) {
      throw new StoreError(`${cluster}: ${what}: ${reasonOf(error)}`)
    }
  }

  const listKind = async (apiVersion: string, kind: string): Promise<Manifest[]> => {
    const found: Manifest[] = []
    let next: string | undefined
    do {
      const page = await api.list(
        apiVersion,
        kind,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        PAGE,
        next,
      )
      found.push(...page.items.map(item => plain(item, apiVersion, kind)))
      next = page.metadata?._continue || undefined
    } while (next !== undefined)
    return found
  }

  const configuration = async (): Promise<Manifest[]> => {
    const map = await readOrNone(() => readMap(api, CONFIGURATION.name))
    const text = map?.data?.[CONFIGURATION.key]
    if (text === undefined) return []
    const { manifests, problems } = readManifests(text)
    const [problem] = problems
    if (problem !== undefined)
      throw new StoreError(
        `ConfigMap ${NAMESPACE}/${CONFIGURATION.name}, line ${problem.line}: ${problem.message}`,
      )
    return [...manifests]
  }

  return {
    title: `the cluster at ${cluster}`,

    list: () =>
      call('its policy cannot be read', async () => {
        const kinds = await Promise.all(
          KINDS.map(({ apiVersion, kind }) => readOrNone(() => listKind(apiVersion, kind))),
        )
        const pods = await listKind('v1', 'Pod')
        const withNetworks = pods.filter(
          ({ metadata }) =>
            isRecord(metadata.annotations) && metadata.annotations[NETWORKS_ANNOTATION] !== undefined,
        )
        return [...(await configuration()), ...kinds.flatMap(list => list ?? []), ...withNetworks]
      }),

    createTenant: manifest =>
      call(`Tenant "${manifest.metadata.name}" cannot be created`, async () => {
        await api.create(manifest as KubernetesObject)
      }),

    // The resourceVersion that list() read goes along, so that the API server refuses an edit of something older.
    editTenant: (tenant, edits) =>
      call(`Tenant "${tenant.metadata.name}" cannot be changed`, async () => {
        await api.replace(applyEdits(tenant, edits) as KubernetesObject)
      }),

    revoke: revocation =>
      call('the revocation cannot be written', async () => {
        const map = await readOrNone(() => readMap(api, KEYS.name))
        const known = map?.data?.[KEYS.key]
        const text = printRevocations(
          mergeRevocation(known === undefined ? [] : parseRevocations(known), revocation),
        )
        const data = { ...map?.data, [KEYS.key]: text }
        const header = { apiVersion: 'v1', kind: 'ConfigMap' }
        if (map === undefined)
          await api.create({
            ...header,
            metadata: { name: KEYS.name, namespace: NAMESPACE },
            data,
          } as V1ConfigMap)
        else await api.replace({ ...header, metadata: map.metadata, data } as V1ConfigMap)
      }),
  }
}

function loadConfig({ kubeconfig, context }: ClusterAccess): KubeConfig {
  const config = new KubeConfig()
  try {
    if (kubeconfig === undefined) config.loadFromDefault()
    else config.loadFromFile(kubeconfig)
  } catch (error) {
    throw new StoreError(`${kubeconfig ?? 'the kubeconfig'} cannot be read: ${reasonOf(error)}`)
  }
  if (context !== undefined) {
    const known = config.getContexts().map(({ name }) => name)
    if (!known.includes(context))
      throw new StoreError(
        `"${context}" is no context of the kubeconfig: it has ${known.join(', ') || 'none'}`,
      )
    config.setCurrentContext(context)
  }
  return config
}

function readMap(api: KubernetesObjectApi, name: string): Promise<V1ConfigMap> {
  return api.read<V1ConfigMap>({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: NAMESPACE },
  })
}

/** Without the definition, the namespace or the object there simply is none. */
async function readOrNone<T>(request: () => Promise<T>): Promise<T | undefined> {
  try {
    return await request()
  } catch (error) {
    const isMissing =
      (error instanceof ApiException && error.code === 404) ||
      (error instanceof Error && error.message.startsWith('Unrecognized API version and kind'))
    if (isMissing) return undefined
    throw error
  }
}

/** The client makes objects of its own classes, with dates; rules read what is written. */
function plain(object: KubernetesObject, apiVersion: string, kind: string): Manifest {
  return { ...JSON.parse(JSON.stringify(object)), apiVersion, kind }
}

/** What the API server says is wrong, without the request around it. */
function reasonOf(error: unknown): string {
  if (error instanceof StoreError) return error.message
  if (error instanceof ApiException) {
    const body: unknown = typeof error.body === 'string' ? parseOrText(error.body) : error.body
    return isRecord(body) && typeof body.message === 'string' ? body.message : `HTTP ${error.code}`
  }
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return cause instanceof Error ? cause.message : String(cause)
}

function parseOrText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
