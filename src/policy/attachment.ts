import { emptyFacts } from '../cni/facts/builder.ts'
import { extractFacts } from '../cni/facts/extract.ts'
import { type NetworkReading, readNetwork } from '../cni/network.ts'
import type { Cluster } from '../config/cluster.ts'
import { RESOURCE_NAME_ANNOTATION } from '../kube/annotations.ts'
import type { Manifest } from '../kube/manifest.ts'
import { isRecord } from '../kube/manifest.ts'
import { resolveReach } from './reach.ts'
import type { Attachment } from './subjects.ts'

/** Reads a NetworkAttachmentDefinition into what rules judge. */
export function readAttachment(manifest: Manifest, cluster: Cluster): Attachment {
  const { name = '', namespace = '' } = manifest.metadata
  const written = isRecord(manifest.spec) ? manifest.spec.config : undefined
  const config = typeof written === 'string' ? written : undefined
  const resourceName = manifest.metadata.annotations?.[RESOURCE_NAME_ANNOTATION]
  const isEmpty = written === undefined || written === ''
  const isOnNodes = isEmpty && resourceName === undefined && cluster.nodeNetworks.includes(name)
  const { reading, facts } = isOnNodes ? LEFT_TO_NODES : readSafely(config, name)
  return {
    namespace,
    name,
    metadata: manifest.metadata,
    config,
    reading,
    network: reading.network,
    facts,
    reach: facts === undefined ? [] : resolveReach(facts.uplinks, cluster, resourceName),
    resourceName,
  }
}

/** A file on each node says what this is, and cluster admins wrote both the file and the name (nodeNetworks). */
const LEFT_TO_NODES: Pick<Attachment, 'reading' | 'facts'> = {
  reading: { network: undefined, problems: [] },
  facts: emptyFacts(),
}

/** Facts that are compared with those of all other networks: more of them than anyone needs would keep reviews waiting. */
const MAX_COMPARED = 16
const COMPARED = [
  ['uplinks', 'interfaces'],
  ['subnets', 'subnets'],
  ['stores', 'IPAM stores'],
] as const

/** A mistake of ours in reading one configuration must not keep all others from being read. */
function readSafely(config: string | undefined, name: string): Pick<Attachment, 'reading' | 'facts'> {
  try {
    return readFacts(config, name)
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    return unreadable(`SOCNI fails to read it, which is a mistake of its own (${said}): please report it`)
  }
}

function readFacts(config: string | undefined, name: string): Pick<Attachment, 'reading' | 'facts'> {
  const reading = readNetwork(config, name)
  const facts = reading.network && extractFacts(reading.network)
  const tooMany = facts && COMPARED.find(([kind]) => facts[kind].length > MAX_COMPARED)
  if (tooMany === undefined) return { reading, facts }
  const [kind, words] = tooMany
  const message = `it names ${facts?.[kind].length} ${words}, and at most ${MAX_COMPARED} are judged: make several networks of it`
  return unreadable(message, reading.problems)
}

function unreadable(
  message: string,
  others: NetworkReading['problems'] = [],
): Pick<Attachment, 'reading' | 'facts'> {
  const problem = { problem: 'unreadable', at: [], message } as const
  return { reading: { network: undefined, problems: [...others, problem] }, facts: undefined }
}
