import { NETWORKS_ANNOTATION } from '../kube/annotations.ts'
import type { ObjectMeta } from '../kube/manifest.ts'
import { readSelections } from '../kube/selections.ts'
import { SetMap } from './tenancy.ts'

/** Which pods use which networks. Only names are kept: a cluster has many pods, and their claims are long. */
export class Uses {
  readonly #networks = new Map<string, readonly string[]>()
  readonly #pods = new SetMap<string>()

  /** Notes a pod that is there, with the networks that its annotation selects now. */
  put({ namespace = '', name = '', annotations }: ObjectMeta): void {
    const pod = `${namespace}/${name}`
    this.remove(namespace, name)
    const { selections } = readSelections(annotations?.[NETWORKS_ANNOTATION], namespace)
    if (selections.length === 0) return
    const networks = [...new Set(selections.map(selection => `${selection.namespace}/${selection.name}`))]
    this.#networks.set(pod, networks)
    for (const network of networks) this.#pods.add(network, pod)
  }

  /** Forgets a pod that has ended, or is gone. */
  remove(namespace: string, name: string): void {
    const pod = `${namespace}/${name}`
    for (const network of this.#networks.get(pod) ?? []) this.#pods.delete(network, pod)
    this.#networks.delete(pod)
  }

  /** The pods that use a network, as `finance/teller`. */
  of(namespace: string, name: string): ReadonlySet<string> {
    return this.#pods.get(`${namespace}/${name}`)
  }
}
