import { CLUSTER_CONFIGURATION, groupKind } from '../kube/group-kind.ts'
import { CONFIGURATION_MAP, isConfigurationMap } from '../kube/own-objects.ts'
import { isProblem, type LocatedManifest, type LocatedProblem, readDocuments } from '../yaml/document.ts'
import { readNested } from '../yaml/nested.ts'

/** The documents of a file, and behind the ConfigMap of the cluster configuration what a cluster reads out of it. */
export function* readLinted(text: string): Generator<LocatedManifest | LocatedProblem> {
  for (const item of readDocuments(text)) {
    yield item
    if (!isProblem(item) && isConfigurationMap(item.manifest)) yield* configurationIn(item)
  }
}

/** Whatever else the webhook would not take is a problem (src/store/cluster-configuration.ts). */
function* configurationIn(map: LocatedManifest): Generator<LocatedManifest | LocatedProblem> {
  const text = map.textAt(['data', CONFIGURATION_MAP.key])
  let count = 0
  for (const item of text === undefined ? [] : readNested(text)) {
    if (isProblem(item)) return yield item
    const isConfiguration = groupKind(item.manifest) === CLUSTER_CONFIGURATION
    if (!isConfiguration || ++count > 1) return yield none(item.place([]))
    yield item
  }
  // Without any data it is a patch of one.
  if (count === 0 && 'data' in map.manifest) yield none(map.place(['data']))
}

function none(place: LocatedProblem['place']): LocatedProblem {
  const { name, key } = CONFIGURATION_MAP
  const message = `${name} needs "${key}" with one ClusterConfiguration in it (docs/policy.md)`
  return { place, problem: 'syntax', message }
}
