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
import { shared } from './shared.ts'
import type { ClusterStore } from './store.ts'

/** No pod has more networks that a rule would let through; of the pods that use a network so many are asked for. */
const MAX_LOOKUPS = 16

/** Namespaces of a pod's networks that are not known yet, of which so many may have come with it: they are invented easily. */
const MAX_NEW_NAMESPACES = 4

/**
 * Requests of one namespace that wait at a time; beyond them it counts what is known. Who sends many on purpose takes neither
 * all places of a replica (LIMITS of service.ts) nor its time: tools that apply a file in parallel have some ten under way.
 */
const MAX_WAITING = 32

/** Metadata objects a page: each may have 256 KiB of annotations (apimachinery TotalAnnotationSizeLimitB). */
const PAGE_OF_METADATA = 50

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

/** Versions of the networks of a namespace, by their names. */
type Versions = ReadonlyMap<string | undefined, string | undefined>

/**
 * Waits for the mirrors to know what the API server knows: what one file brings (`kubectl apply`, a GitOps tool) comes
 * faster than watches tell of it. The API server is asked for versions only; what is judged comes from the mirrors alone.
 */
export class CatchUp {
  readonly #store: ClusterStore
  readonly #log: Journal
  readonly #markTenants: (all: '') => Promise<Mark>
  readonly #markNamespace: (name: string) => Promise<Mark>
  readonly #versionsIn: (namespace: string) => Promise<Versions>
  readonly #markUsers: (network: string) => Promise<Mark>
  /** How many wait, by their namespace. */
  readonly #waiting = new Map<string, number>()

  constructor(client: KubeClient, store: ClusterStore, log: Journal) {
    this.#store = store
    this.#log = log
    const { inventory } = store
    const metadataClient = new KubeClient(metadataOnly(client.config))
    this.#markTenants = shared(async () => {
      const known = [...inventory.tenants()].map(({ name }) => name)
      const { items } = await metadataClient.list(KINDS.tenant)
      const marks = items.map(item => this.#markOf(KINDS.tenant, item))
      const listed = new Set(items.map(({ metadata }) => metadata.name))
      const gone = known.filter(name => !listed.has(name))
      return () => marks.every(mark => mark()) && gone.every(name => inventory.tenant(name) === undefined)
    })
    this.#markNamespace = shared(async name =>
      this.#markOf(KINDS.namespace, await client.read(KINDS.namespace, name)),
    )
    // All of a namespace, not each that somebody names: names are invented easily, and one list serves all who ask.
    this.#versionsIn = shared(async namespace => {
      const versions = new Map<string | undefined, string | undefined>()
      const pages = metadataClient.pagesOrNone(KINDS.network, { namespace, page: PAGE_OF_METADATA })
      for await (const { items } of pages)
        for (const { metadata } of items) versions.set(metadata.name, metadata.resourceVersion)
      return versions
    })
    this.#markUsers = shared(async network => {
      const users = (): ReadonlySet<string> => inventory.uses.of(...split(network))
      const reading = [...users()].slice(0, MAX_LOOKUPS).map(async user => {
        const [home, name] = split(user)
        const pod = await client.read(KINDS.pod, name, home)
        return pod === undefined ? () => !users().has(user) : this.#markOf(KINDS.pod, pod)
      })
      const marks = await Promise.all(reading)
      return () => marks.every(mark => mark())
    })
  }

  /**
   * Tenants, the request's namespace, the networks that it selects, and the pods that use what it takes away, until these
   * are going as well. Returns whether more is known than before; what is known counts where too many ask already.
   */
  async lookAgain(request: AdmissionRequest): Promise<boolean> {
    const { namespace = '' } = request
    const waiting = this.#waiting.get(namespace) ?? 0
    if (waiting >= MAX_WAITING) return false
    this.#waiting.set(namespace, waiting + 1)
    try {
      return await this.#look(request)
    } finally {
      const left = (this.#waiting.get(namespace) ?? 0) - 1
      if (left > 0) this.#waiting.set(namespace, left)
      else this.#waiting.delete(namespace)
    }
  }

  async #look(request: AdmissionRequest): Promise<boolean> {
    const { namespace = '', object, oldObject, name = '', operation } = request
    const { inventory } = this.#store
    const isNetwork = oldObject?.kind === KINDS.network.kind
    const isRemoval = isNetwork && operation === 'DELETE'
    const revision = (): number => inventory.revision + inventory.uses.revision
    const before = revision()
    const selecting = object?.kind === 'Binding' ? inventory.pod(namespace, name) : object
    const asked: Promise<Mark>[] = [
      this.#markTenants(''),
      this.#markNamespace(namespace),
      ...this.#askNetworks(selecting, namespace),
      ...(isNetwork ? [this.#markUsers(`${namespace}/${name}`)] : []),
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
    const selections = readSelections(annotation, namespace).selections.slice(0, MAX_LOOKUPS)
    const homes = [...new Set(selections.map(selection => selection.namespace))]
    const isKnown = (home: string): boolean => this.#store.inventory.hasNamespace(home)
    const unknown = homes.filter(home => !isKnown(home)).slice(0, MAX_NEW_NAMESPACES)
    return [...homes.filter(isKnown), ...unknown].map(async home => {
      const versions = await this.#versionsIn(home)
      const marks = selections
        .filter(selection => selection.namespace === home)
        .map(({ name }) => this.#markAt(KINDS.network, versions.get(name)))
      return () => marks.every(mark => mark())
    })
  }

  #markOf(kind: KindOf, manifest: Manifest | undefined): Mark {
    return this.#markAt(kind, manifest?.metadata.resourceVersion)
  }

  #markAt({ kind }: KindOf, resourceVersion: string | undefined): Mark {
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

/** Namespace and name of what is written as `namespace/name`. */
function split(name: string): [namespace: string, name: string] {
  const at = name.indexOf('/')
  return [name.slice(0, at), name.slice(at + 1)]
}
