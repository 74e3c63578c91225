import { join } from 'node:path'
import { decodeClaim } from '../../src/claims/claim.ts'
import { readUnverified } from '../../src/claims/jws.ts'
import { type ControlPlane, startControlPlane, type User } from './control-plane.ts'
import { install, type Replica } from './installation.ts'

const root = join(import.meta.dirname, '../..')

export const NETWORKS = 'k8s.v1.cni.cncf.io/networks'

export const network = (name: string, config: object, namespace = 'finance') => ({
  apiVersion: 'k8s.cni.cncf.io/v1',
  kind: 'NetworkAttachmentDefinition',
  metadata: { name, namespace },
  spec: { config: JSON.stringify({ cniVersion: '1.0.0', ...config }) },
})

export const ledger = {
  type: 'macvlan',
  master: 'eth0.110',
  mode: 'bridge',
  ipam: { type: 'whereabouts', range: '10.110.1.0/24' },
}

export const pod = (name: string, annotations: Record<string, string>, namespace = 'finance') => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace, annotations },
  spec: { containers: [{ name: 'a', image: 'b' }] },
})

export const tenant = (name: string, vlans: object[], namespaces = [name]) => ({
  apiVersion: 'socni.dev/v1alpha1',
  kind: 'Tenant',
  metadata: { name },
  spec: { namespaces, vlans },
})

/**
 * A cluster with one replica of the webhook and two tenants, of whom finance has the network "ledger" in VLAN 110, and
 * logistics "fleet" in VLAN 300. alice administers the namespace of finance.
 */
export class Tenants implements AsyncDisposable {
  #plane: ControlPlane | undefined
  #replica: Replica | undefined

  get plane(): ControlPlane {
    if (this.#plane === undefined) throw new Error('the cluster was not started')
    return this.#plane
  }

  get replica(): Replica {
    if (this.#replica === undefined) throw new Error('the webhook was not started')
    return this.#replica
  }

  /** Another replica in the place of one that was ended. */
  set replica(replica: Replica) {
    this.#replica = replica
  }

  async start(): Promise<void> {
    this.#plane = await startControlPlane()
    this.#replica = await install(this.#plane)
    await this.#settle()
  }

  /** What kubectl says when somebody applies an object. */
  readonly apply = (object: object, user: User = 'admin', ...flags: string[]): string =>
    this.plane.said(['apply', ...flags, '-f', '-'], JSON.stringify(object), user)

  /** The claims of a pod, of finance where nothing else is said. */
  readonly claimsOf = (name: string, namespace?: string) => {
    const text = metadataOf(this.plane, name, `annotations.${NETWORKS.replaceAll('.', '\\.')}`, namespace)
    return [...text.matchAll(/eyJ[\w.-]+/g)].map(([jws]) => decodeClaim(readUnverified(jws)?.payload ?? null))
  }

  /** Binds a pod of finance to a node, as the scheduler does; what the API server says against it, or nothing. */
  readonly bind = (
    name: string,
    annotations: Record<string, string> = {},
    user: User = 'admin',
    resource = `pods/${name}/binding`,
  ): string => {
    const binding = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name, namespace: 'finance', annotations },
      target: { apiVersion: 'v1', kind: 'Node', name: 'node-1' },
    }
    const path = `/api/v1/namespaces/finance/${resource}`
    return this.plane
      .said(['create', '--raw', path, '-f', '-'], JSON.stringify(binding), user)
      .replace(/^\{.*"Success".*\}\n?$/s, '')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#replica?.end()
    await this.#plane?.[Symbol.asyncDispose]()
  }

  async #settle(): Promise<void> {
    const { plane } = this
    for (const namespace of ['finance', 'logistics', 'secure-zone-1'])
      plane.kubectl(['create', 'namespace', namespace])
    for (const object of [
      tenant('finance', [{ ids: '110-119', masters: ['eth0'] }]),
      tenant('logistics', [{ ids: '300', masters: ['eth0'] }]),
    ])
      plane.kubectl(['apply', '-f', '-'], JSON.stringify(object))
    plane.kubectl(['apply', '-f', join(root, 'examples/policy/tenants.yaml')])
    // A tenant's own administrator: what the role "admin" is made of, NADs, and more of pods than most would give.
    const onFinance = (...args: string[]) => plane.kubectl(['-n', 'finance', 'create', ...args])
    for (const role of ['view', 'edit', 'admin'])
      onFinance('rolebinding', role, `--clusterrole=system:aggregate-to-${role}`, '--user=alice')
    const resources = [
      'network-attachment-definitions.k8s.cni.cncf.io',
      ...['pods/status', 'pods/binding', 'bindings', 'pods/resize', 'pods/ephemeralcontainers'],
    ]
    onFinance('role', 'owner', '--verb=*', `--resource=${resources.join()}`)
    onFinance('rolebinding', 'owner', '--role=owner', '--user=alice')
    for (const object of [
      network('ledger', ledger),
      network('fleet', { ...ledger, master: 'eth0.300', ipam: {} }, 'logistics'),
    ])
      plane.kubectl(['apply', '-f', '-'], JSON.stringify(object))
  }
}

/** The id of the key that signed the first claim of a pod of finance. */
export function keyIdOf(plane: ControlPlane, pod: string): string | undefined {
  const [jws = ''] = /eyJ[\w.-]+/.exec(metadataOf(plane, pod, 'annotations')) ?? []
  return (readUnverified(jws)?.header as { kid?: string } | undefined)?.kid
}

/** The UID of a pod. */
export function uidOf(plane: ControlPlane, pod: string, namespace?: string): string {
  return metadataOf(plane, pod, 'uid', namespace)
}

/** A field of a pod's metadata, as jsonpath has it. */
export function metadataOf(plane: ControlPlane, pod: string, field: string, namespace = 'finance'): string {
  return plane.kubectl(['-n', namespace, 'get', 'pod', pod, '-o', `jsonpath={.metadata.${field}}`])
}
