import { setTimeout as pause } from 'node:timers/promises'
import type { AdmissionRequest } from '../../src/kube/admission.ts'
import { NETWORKS_ANNOTATION } from '../../src/kube/annotations.ts'
import type { Manifest } from '../../src/kube/manifest.ts'
import { readSelections } from '../../src/kube/selections.ts'
import { findPodTemplate } from '../../src/kube/workloads.ts'
import { type KindOf, KubeClient } from '../../src/kube-api/client.ts'
import { metadataOnly } from '../../src/kube-api/connections.ts'
import { KINDS } from '../../src/kube-api/kinds.ts'
import type { Journal } from './reflector.ts'
import type { ClusterStore } from './store.ts'

/** No pod has more networks that a rule would let through; of the pods that use a network so many are asked for. */
const MAX_LOOKUPS = 16

/** Mirrors are some milliseconds behind; one that is further behind must not keep reviews waiting. */
const PATIENCE_MS = 1_000
/**
 * Who deletes a network with the workload that uses it (`helm uninstall`) is some hundred milliseconds before the garbage
 * collector, which then deletes the pods. Less than a decision may take, since a removal without an answer goes through.
 */
const REMOVAL_PATIENCE_MS = 1_500
const LOOK_MS = 5

/** Whether a mirror knows by now what was asked for. */
type Mark = () => boolean

/**
 * Waits for the mirrors to know what the API server knows: what one file brings (`kubectl apply`, a GitOps tool) comes
 * faster than watches tell of it. The API server is asked for versions only; what is judged comes from the mirrors alone.
 */
export class CatchUp {
  readonly #client: KubeClient
  readonly #store: ClusterStore
  readonly #log: Journal
  readonly #markTenants: () => Promise<Mark>

  constructor(client: KubeClient, store: ClusterStore, log: Journal) {
    this.#client = client
    this.#store = store
    this.#log = log
    const metadataClient = new KubeClient(metadataOnly(client.config))
    this.#markTenants = oneAtATime(async () => {
      const known = [...store.inventory.tenants()].map(({ name }) => name)
      const { items } = await metadataClient.list(KINDS.tenant)
      const marks = items.map(item => this.#markOf(KINDS.tenant, item))
      const listed = new Set(items.map(({ metadata }) => metadata.name))
      const gone = known.filter(name => !listed.has(name))
      return () =>
        marks.every(mark => mark()) && gone.every(name => store.inventory.tenant(name) === undefined)
    })
  }

  /**
   * Tenants, the request's namespace, the networks that it selects, and the pods that use what it takes away, until these
   * are going as well. Returns whether more is known than before.
   */
  async lookAgain(request: AdmissionRequest): Promise<boolean> {
    const { namespace = '', object, oldObject, name = '', operation } = request
    const { inventory } = this.#store
    const isNetwork = oldObject?.kind === KINDS.network.kind
    const isRemoval = isNetwork && operation === 'DELETE'
    const revision = (): number => inventory.revision + inventory.uses.revision
    const before = revision()
    const selecting = object?.kind === 'Binding' ? inventory.pod(namespace, name) : object
    const asked: Promise<Mark>[] = [
      this.#markTenants(),
      this.#ask(KINDS.namespace, namespace),
      ...this.#askNetworks(selecting, namespace),
      ...(isNetwork ? this.#askUsers(namespace, name) : []),
      ...(isRemoval ? [Promise.resolve(() => inventory.uses.of(namespace, name).size === 0)] : []),
    ]
    await this.#wait(asked, isRemoval ? REMOVAL_PATIENCE_MS : PATIENCE_MS)
    return revision() !== before
  }

  /** The networks of a pod, so that what is signed for them is what a node will find. */
  async networksOf(pod: Manifest): Promise<void> {
    await this.#wait(this.#askNetworks(pod, pod.metadata.namespace ?? ''))
  }

  async #wait(asked: readonly Promise<Mark>[], patience = PATIENCE_MS): Promise<void> {
    const end = Date.now() + patience
    this.#store.hurry()
    await tryToAsk(this.#log, async () => {
      const marks = await Promise.race([Promise.all(asked), pause(patience, [], { ref: false })])
      while (!marks.every(mark => mark()) && Date.now() < end) await pause(LOOK_MS)
    })
  }

  #askNetworks(object: Manifest | null | undefined, namespace: string): Promise<Mark>[] {
    const annotation = object && findPodTemplate(object)?.metadata.annotations?.[NETWORKS_ANNOTATION]
    if (typeof annotation !== 'string' || namespace === '') return []
    return readSelections(annotation, namespace)
      .selections.slice(0, MAX_LOOKUPS)
      .map(selection => this.#ask(KINDS.network, selection.name, selection.namespace))
  }

  #askUsers(namespace: string, network: string): Promise<Mark>[] {
    const { uses } = this.#store.inventory
    return [...uses.of(namespace, network)].slice(0, MAX_LOOKUPS).map(async user => {
      const [home = '', name = ''] = user.split('/')
      const pod = await this.#client.read(KINDS.pod, name, home)
      return pod === undefined ? () => !uses.of(namespace, network).has(user) : this.#markOf(KINDS.pod, pod)
    })
  }

  async #ask(kind: KindOf, name: string, namespace?: string): Promise<Mark> {
    return this.#markOf(kind, await this.#client.read(kind, name, namespace))
  }

  #markOf({ kind }: KindOf, manifest: Manifest | undefined): Mark {
    const { resourceVersion } = manifest?.metadata ?? {}
    return () => resourceVersion === undefined || this.#store.hasSeen(kind, resourceVersion)
  }
}

/** Asks the API server for more than is known. Where it cannot be asked, that counts. */
export async function tryToAsk(log: Journal, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    log.warn({ err: error }, 'the API server cannot be asked; what is known of it counts')
  }
}

/** Work for all who ask at a time: who asks while it runs shares the next run, which begins after that. */
function oneAtATime<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<unknown> = Promise.resolve()
  let next: Promise<T> | undefined
  return () => {
    next ??= running.then(() => {
      next = undefined
      const current = work()
      running = current.catch(() => {})
      return current
    })
    return next
  }
}
