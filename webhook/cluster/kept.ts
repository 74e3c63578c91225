import { MAX_CONFIG_BYTES } from '../../src/cni/network.ts'
import { NETWORKS_ANNOTATION, RESOURCE_NAME_ANNOTATION } from '../../src/kube/annotations.ts'
import { isRecord, type Manifest } from '../../src/kube/manifest.ts'
import { readSelections } from '../../src/kube/selections.ts'

/** What is judged of a network; what is too long to be read is cut where that shows, so that it fills no memory. */
export function judgedPartOf({ apiVersion, kind, metadata, spec }: Manifest): Manifest {
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
export function labelsOf({ apiVersion, kind, metadata: { name, labels } }: Manifest): Manifest {
  return { apiVersion, kind, metadata: { ...(name !== undefined && { name }), ...(labels && { labels }) } }
}

/**
 * A pod's name and the names of its networks, which are short where its annotation with claims is long. One that is being
 * deleted gets no sandbox any more, and Multus remembers what it has to take off.
 */
export function usesOf({
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
