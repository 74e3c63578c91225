import { isObject, type JsonValue, type Path } from '../json/value.ts'
import type { Manifest, ObjectMeta, PodSpec } from './manifest.ts'

/** A pod, or the template from which a controller makes pods. */
export interface PodTemplate {
  readonly metadata: ObjectMeta
  readonly spec: PodSpec
  /** Where the template is in the manifest; empty for a pod. */
  readonly at: Path
}

/** Where each kind keeps its pod template, by API group and kind. */
const TEMPLATES: Readonly<Record<string, Path>> = {
  '/Pod': [],
  '/ReplicationController': ['spec', 'template'],
  'apps/Deployment': ['spec', 'template'],
  'apps/StatefulSet': ['spec', 'template'],
  'apps/DaemonSet': ['spec', 'template'],
  'apps/ReplicaSet': ['spec', 'template'],
  'batch/Job': ['spec', 'template'],
  'batch/CronJob': ['spec', 'jobTemplate', 'spec', 'template'],
  'kubevirt.io/VirtualMachine': ['spec', 'template'],
  'kubevirt.io/VirtualMachineInstance': [],
}

/** API group and kind as in the tables here: `apps/Deployment`, `/Pod` for the core group. */
export function groupKind(manifest: Pick<Manifest, 'apiVersion' | 'kind'>): string {
  const { apiVersion, kind } = manifest
  return `${apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''}/${kind}`
}

/** Whether this kind is a pod, or makes pods from a template. */
export function makesPods(manifest: Pick<Manifest, 'apiVersion' | 'kind'>): boolean {
  return Object.hasOwn(TEMPLATES, groupKind(manifest))
}

/** The pod (template) of a manifest; undefined for a kind that makes no pods, or where the template is no object. */
export function findPodTemplate(manifest: Manifest): PodTemplate | undefined {
  const at = makesPods(manifest) ? TEMPLATES[groupKind(manifest)] : undefined
  if (at === undefined) return undefined
  let template: unknown = manifest
  for (const step of at) template = isRecord(template) ? template[step] : undefined
  if (!isRecord(template)) return undefined
  const metadata = isRecord(template.metadata) ? template.metadata : {}
  const spec = isRecord(template.spec) ? template.spec : {}
  return { metadata: checkMetadata(metadata), spec, at }
}

/** Networks of a KubeVirt virtual machine, which its controller writes into the launcher pod's networks annotation. */
export function virtualMachineNetworks(
  manifest: Manifest,
  template: PodTemplate,
): { networkName: string; isDefault: boolean; at: Path }[] {
  if (!groupKind(manifest).startsWith('kubevirt.io/')) return []
  const networks = (template.spec as { networks?: unknown }).networks
  if (!Array.isArray(networks)) return []
  return networks.flatMap((network: JsonValue, index) => {
    const multus = isObject(network) ? network.multus : undefined
    if (!isObject(multus) || typeof multus.networkName !== 'string') return []
    const at = [...template.at, 'spec', 'networks', index, 'multus', 'networkName']
    return [{ networkName: multus.networkName, isDefault: multus.default === true, at }]
  })
}

/** Annotations and labels with their string values only: the API server admits no others, a file may hold any. */
function checkMetadata(metadata: Record<string, unknown>): ObjectMeta {
  return { ...metadata, annotations: stringsOf(metadata.annotations), labels: stringsOf(metadata.labels) }
}

function stringsOf(map: unknown): Record<string, string> {
  if (!isRecord(map)) return {}
  return Object.fromEntries(
    Object.entries(map).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
