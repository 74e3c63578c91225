import { NETWORKS_ANNOTATION } from '../kube/annotations.ts'
import { isRecord, type Manifest } from '../kube/manifest.ts'
import { ApiError, type ClusterAccess, KubeClient, loadConfig, orNone } from '../kube-api/client.ts'
import { KINDS } from '../kube-api/kinds.ts'
import { CONFIG_MAP, CONFIGURATION_MAP, NAMESPACE, textsOf } from '../kube-api/objects.ts'
import { readClusterConfiguration } from './cluster-configuration.ts'
import { publishRevocations } from './key-objects.ts'
import { applyEdits, type PolicyStore, StoreError } from './store.ts'

/** A cluster without the definition of a kind has none of it. */
const LISTED = [KINDS.tenant, KINDS.namespace, KINDS.network]

const NO_DEFINITION = 'the definition of Tenant is not installed (docs/install.md)'

/** Kubernetes authentication.k8s.io/v1 SelfSubjectReview. */
const WHO_AM_I = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }

/** A cluster as a store, with the rights of whoever the kubeconfig speaks for. */
export function openClusterStore(access: ClusterAccess): PolicyStore {
  const client = connect(access)

  const call = async <T>(what: string, request: () => Promise<T>): Promise<T> => {
    try {
      return await request()
    } catch (error) {
      throw error instanceof ApiError ? new StoreError(`${client.server}: ${what}: ${error.message}`) : error
    }
  }

  const configuration = async (): Promise<Manifest[]> => {
    const map = await client.read(CONFIG_MAP, CONFIGURATION_MAP.name, NAMESPACE)
    if (map === undefined) return []
    try {
      return [readClusterConfiguration(textsOf(map))]
    } catch (error) {
      throw new StoreError(error instanceof Error ? error.message : String(error))
    }
  }

  let isDefined = true

  return {
    title: `the cluster at ${client.server}`,

    list: () =>
      call('its policy cannot be read', async () => {
        const kinds = await Promise.all(LISTED.map(kind => orNone(() => client.list(kind))))
        isDefined = kinds[0] !== undefined
        const pods = await client.list(KINDS.pod, withNetworks)
        return [...(await configuration()), ...kinds.flatMap(list => list?.items ?? []), ...pods.items]
      }),

    placeOf: () => undefined,

    get missing() {
      return isDefined ? undefined : NO_DEFINITION
    },

    createTenant: manifest =>
      call(`Tenant "${manifest.metadata.name}" cannot be created`, async () => {
        if (!isDefined) throw new ApiError(NO_DEFINITION)
        await client.create(manifest)
      }),

    // The resourceVersion that list() read goes along, so that the API server refuses an edit of something older.
    editTenant: (tenant, edits) =>
      call(`Tenant "${tenant.metadata.name}" cannot be changed`, async () => {
        await client.replace(applyEdits(tenant, edits))
      }),

    deleteTenant: tenant =>
      call(`Tenant "${tenant.metadata.name}" cannot be deleted`, () => client.delete(tenant)),

    revoke: revocations =>
      call('the revocation cannot be written', () => publishRevocations(client, revocations)),

    now: () => call('its clock cannot be read', () => readTime(client)),
  }
}

/** The cluster's own time: whoever may ask anything at all may ask who they are, and the answer says when it was made. */
export async function readTime(client: KubeClient): Promise<Date> {
  const { metadata } = await client.create({ ...WHO_AM_I, metadata: {} })
  const now = new Date(String(metadata.creationTimestamp))
  if (Number.isNaN(now.getTime())) throw new StoreError(`${client.server} does not say what time it is`)
  return now
}

/** The client for what the global flags name. */
export function connect(access: ClusterAccess): KubeClient {
  try {
    return new KubeClient(loadConfig(access))
  } catch (error) {
    throw error instanceof ApiError ? new StoreError(error.message) : error
  }
}

function withNetworks(pod: Manifest): Manifest | undefined {
  const { annotations } = pod.metadata
  return isRecord(annotations) && annotations[NETWORKS_ANNOTATION] !== undefined ? pod : undefined
}
