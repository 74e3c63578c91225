import { NETWORKS_ANNOTATION } from '../kube/annotations.ts'
import type { ObjectMeta } from '../kube/manifest.ts'
import { readSelections } from '../kube/selections.ts'
import { SetMap } from './tenancy.ts'

/** Which pods use which networks. Only names are kept: a cluster has many pods, and their claims are long. */
export class Uses {
  readonly #networks = new Map<string, readonly string[]>()
  readonly #pods = new SetMap<string>()

  #revision = 0

  /** Grows with each change of which pods use which networks; what else happens to a pod is none. */
  get revision(): number {
    return this.#revision
  }

  /** Notes a pod that is there, with the networks that its annotation selects now. */
  put({ namespace = '', name = '', annotations }: ObjectMeta): void {
    const pod = `${namespace}/${name}`
    const { selections } = readSelections(annotations?.[NETWORKS_ANNOTATION], namespace)
    const networks = [...new Set(selections.map(selection => `${selection.namespace}/${selection.name}`))]
    if (networks.join() === this.#networks.get(pod)?.join()) return
    this.remove(namespace, name)
    if (networks.length === 0) return
    this.#revision++
    this.#networks.set(pod, networks)
    for (const network of networks) this.#pods.add(network, pod)
  }

  /** Forgets a pod that has ended, or is gone. */
  remove(namespace: string, name: string): void {
    const pod = `${namespace}/${name}`
    const networks = this.#networks.get(pod)
    if (networks === undefined) return
    this.#revision++
    for (const network of networks) this.#pods.delete(network, pod)
    this.#networks.delete(pod)
  }

  /** The pods that use a network, as `finance/teller`. */
  of(namespace: string, name: string): ReadonlySet<string> {
    return this.#pods.get(`${namespace}/${name}`)
  }
}
