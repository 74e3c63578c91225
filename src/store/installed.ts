import type { Answer, Installed } from '../kube/installed.ts'
import { GUARD, WEBHOOK, WEBHOOK_CONFIGURATION } from '../kube/installed.ts'
import type { Manifest } from '../kube/manifest.ts'
import {
  ApiError,
  type ClusterAccess,
  isRefusal,
  type KindOf,
  type ListOptions,
  orNone,
} from '../kube-api/client.ts'
import { KINDS } from '../kube-api/kinds.ts'
import {
  CONFIG_MAP,
  CONFIGURATION_MAP,
  KEY_MAP,
  NAMESPACE,
  SECRET,
  TLS_SECRET,
  textsOf,
} from '../kube-api/objects.ts'
import { connect, readTime } from './cluster.ts'
import { readClusterConfiguration } from './cluster-configuration.ts'
import { StoreError } from './store.ts'

const ADMISSION = 'admissionregistration.k8s.io/v1'

/**
 * Reads what is installed of SOCNI, and changes nothing. What somebody may not read is said in its place; a cluster that does
 * not answer throws a StoreError.
 */
export async function readInstalled(access: ClusterAccess): Promise<Installed> {
  const client = connect(access)
  const ask = async <T>(question: () => Promise<T | undefined>): Promise<Answer<T>> => {
    try {
      return { is: await question() }
    } catch (error) {
      if (isRefusal(error)) return { refusal: error.message }
      throw error instanceof ApiError ? new StoreError(`${client.server}: ${error.message}`) : error
    }
  }
  const own = (apiVersion: string, kind: string, name: string): Promise<Answer> =>
    ask(() => client.read({ apiVersion, kind }, name, NAMESPACE))
  const all = (kind: KindOf, options?: ListOptions): Promise<Answer<readonly Manifest[]>> =>
    ask(async () => (await orNone(() => client.list(kind, undefined, options)))?.items)

  const webhook = await own('apps/v1', 'Deployment', WEBHOOK)
  const [guard, lease, mutating, validating, certificate, configuration, keys] = await Promise.all([
    own('apps/v1', 'DaemonSet', GUARD),
    own('coordination.k8s.io/v1', 'Lease', WEBHOOK),
    ask(() =>
      client.read({ apiVersion: ADMISSION, kind: 'MutatingWebhookConfiguration' }, WEBHOOK_CONFIGURATION),
    ),
    ask(() =>
      client.read({ apiVersion: ADMISSION, kind: 'ValidatingWebhookConfiguration' }, WEBHOOK_CONFIGURATION),
    ),
    ask(() => client.read(SECRET, secretOf(webhook), NAMESPACE)),
    ask(() => client.read(CONFIG_MAP, CONFIGURATION_MAP.name, NAMESPACE)),
    ask(() => client.read(CONFIG_MAP, KEY_MAP, NAMESPACE)),
  ])
  const [tenants, nodes, pods] = await Promise.all([
    all(KINDS.tenant),
    all({ apiVersion: 'v1', kind: 'Node' }),
    all(KINDS.pod, { namespace: NAMESPACE }),
  ])
  const now = await readTime(client)
  return {
    ...{ now, webhook, guard, lease, mutating, validating, certificate, keys, tenants, nodes, pods },
    configuration: parsed(configuration),
  }
}

/** Where the certificate is: a Secret of the webhook's own, or one that cert-manager writes and the pod mounts. */
function secretOf(webhook: Answer): string {
  const { spec } = (('is' in webhook && webhook.is) || {}) as {
    spec?: { template: { spec: { volumes?: { secret?: { secretName?: string } }[] } } }
  }
  const mounted = spec?.template.spec.volumes?.find(({ secret }) => secret !== undefined)
  return mounted?.secret?.secretName ?? TLS_SECRET
}

function parsed(answer: Answer): Answer {
  if (!('is' in answer) || answer.is === undefined) return answer
  try {
    return { is: readClusterConfiguration(textsOf(answer.is)) }
  } catch (error) {
    return { wrong: error instanceof Error ? error.message : String(error) }
  }
}
