import { isObject, type JsonValue, type Path } from '../json/value.ts'
import { CLUSTER_CONFIGURATION, groupKind, NETWORK, TENANT } from './group-kind.ts'
import {
  type Container,
  isRecord,
  type Manifest,
  type ObjectMeta,
  type PodSpec,
  readMetadata,
} from './manifest.ts'

/** A pod, or the template from which a controller makes pods. */
export interface PodTemplate {
  readonly metadata: ObjectMeta
  readonly spec: PodSpec
  /** A virtual machine's own list of networks. */
  readonly networks: unknown
  /** Where the template is in the manifest; empty for a pod. */
  readonly at: Path
}

/** Where each kind keeps its pod template, by API group and kind; undefined where it has none. */
const TEMPLATES: Readonly<Record<string, Path | undefined>> = {
  '/Pod': [],
  '/PodTemplate': ['template'],
  '/ReplicationController': ['spec', 'template'],
  'apps/Deployment': ['spec', 'template'],
  'apps/StatefulSet': ['spec', 'template'],
  'apps/DaemonSet': ['spec', 'template'],
  'apps/ReplicaSet': ['spec', 'template'],
  'batch/Job': ['spec', 'template'],
  'batch/CronJob': ['spec', 'jobTemplate', 'spec', 'template'],
  'kubevirt.io/VirtualMachine': ['spec', 'template'],
  'kubevirt.io/VirtualMachineInstance': [],
  // These make no pods and have rules of their own, also where somebody writes a template into them.
  '/Namespace': undefined,
  '/Binding': undefined,
  [NETWORK]: undefined,
  [TENANT]: undefined,
  [CLUSTER_CONFIGURATION]: undefined,
}

/** Kinds that live outside of any namespace, among those that there are rules for. */
const CLUSTER_SCOPED: ReadonlySet<string> = new Set([TENANT, CLUSTER_CONFIGURATION, '/Namespace'])

/** The namespace that a manifest says it is in; the API server takes it off what is in none. */
export function namespaceOf(
  manifest: Pick<Manifest, 'apiVersion' | 'kind' | 'metadata'>,
): string | undefined {
  const { namespace } = manifest.metadata
  return typeof namespace === 'string' && !CLUSTER_SCOPED.has(groupKind(manifest)) ? namespace : undefined
}

/** A manifest as it is in the namespace that it is applied to, where it names none itself. */
export function withNamespace(manifest: Manifest, namespace: string): Manifest {
  if (manifest.metadata.namespace !== undefined || CLUSTER_SCOPED.has(groupKind(manifest))) return manifest
  return { ...manifest, metadata: { ...manifest.metadata, namespace } }
}

/** What says of a manifest that it makes pods. */
type Maker = Pick<Manifest, 'apiVersion' | 'kind' | 'spec'>

/** Whether this is a pod, or makes pods from a template. */
export function makesPods(manifest: Maker): boolean {
  return templateAt(manifest) !== undefined
}

/**
 * Where the template is. Kinds of others that make pods have it where a Deployment has: DeploymentConfigs of OpenShift,
 * Rollouts of Argo, Services of Knative.
 */
function templateAt(manifest: Maker): Path | undefined {
  const kind = groupKind(manifest)
  if (Object.hasOwn(TEMPLATES, kind)) return TEMPLATES[kind]
  const template = isRecord(manifest.spec) ? manifest.spec.template : undefined
  const spec = isRecord(template) ? template.spec : undefined
  return isRecord(spec) && Array.isArray(spec.containers) ? ['spec', 'template'] : undefined
}

/** The pod (template) of a manifest; undefined for one that makes no pods, or where the template is no object. */
export function findPodTemplate(manifest: Manifest): PodTemplate | undefined {
  const at = templateAt(manifest)
  if (at === undefined) return undefined
  let template: unknown = manifest
  for (const step of at) template = isRecord(template) ? template[step] : undefined
  if (!isRecord(template)) return undefined
  const spec = isRecord(template.spec) ? template.spec : {}
  return { metadata: readMetadata(template.metadata), spec: readPodSpec(spec), networks: spec.networks, at }
}

/**
 * Networks of a KubeVirt virtual machine, which its controller writes into the launcher pod's networks annotation, each with
 * its place in the template: that of its name, or of what makes it the default.
 */
export function virtualMachineNetworks(
  manifest: Manifest,
  template: PodTemplate,
): { networkName: string; isDefault: boolean; at: Path }[] {
  if (!groupKind(manifest).startsWith('kubevirt.io/')) return []
  const { networks } = template
  if (!Array.isArray(networks)) return []
  return networks.flatMap((network: JsonValue, index) => {
    const multus = isObject(network) ? network.multus : undefined
    if (!isObject(multus) || typeof multus.networkName !== 'string') return []
    const isDefault = multus.default === true
    const at = ['spec', 'networks', index, 'multus', isDefault ? 'default' : 'networkName']
    return [{ networkName: multus.networkName, isDefault, at }]
  })
}

/** The parts of a pod's spec that rules look at, each of its own type whatever a file holds. */
function readPodSpec(spec: Record<string, unknown>): PodSpec {
  return {
    hostNetwork: spec.hostNetwork === true,
    ...(typeof spec.nodeName === 'string' && { nodeName: spec.nodeName }),
    containers: readContainers(spec.containers),
    initContainers: readContainers(spec.initContainers),
    ephemeralContainers: readContainers(spec.ephemeralContainers),
  }
}

function readContainers(list: unknown): Container[] {
  if (!Array.isArray(list)) return []
  return list.map(item => {
    const container = isRecord(item) ? item : {}
    const context = isRecord(container.securityContext) ? container.securityContext : {}
    const capabilities = isRecord(context.capabilities) ? context.capabilities : {}
    return {
      name: typeof container.name === 'string' ? container.name : '',
      securityContext: {
        privileged: context.privileged === true,
        capabilities: { add: textsOf(capabilities.add), drop: textsOf(capabilities.drop) },
      },
    }
  })
}

function textsOf(list: unknown): string[] {
  return Array.isArray(list) ? list.filter(item => typeof item === 'string') : []
}
