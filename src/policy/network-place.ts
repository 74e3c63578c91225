import type { Path } from '../json/value.ts'
import { NETWORKS_ANNOTATION } from '../kube/annotations.ts'
import type { PodSubject } from './subjects.ts'

/** Where a pod, or the template of a virtual machine, names the network with this index. */
export function networkPlace({ named }: PodSubject, index: number): Path {
  return named[index] ?? ['metadata', 'annotations', NETWORKS_ANNOTATION]
}
