import { readTenant } from '../config/tenant.ts'
import type { RuleSettings } from '../config/values.ts'
import type { Path } from '../json/value.ts'
import { DEFAULT_NETWORK_ANNOTATION, NETWORKS_ANNOTATION } from '../kube/annotations.ts'
import { CLUSTER_CONFIGURATION, groupKind, NETWORK, TENANT } from '../kube/group-kind.ts'
import { type Manifest, readMetadata } from '../kube/manifest.ts'
import type { Selection } from '../kube/selection.ts'
import { claimOf } from '../kube/selection-claims.ts'
import { readDefaultNetwork, readSelections } from '../kube/selections.ts'
import {
  findPodTemplate,
  makesPods,
  namespaceOf,
  type PodTemplate,
  virtualMachineNetworks,
} from '../kube/workloads.ts'
import { readAttachment } from './attachment.ts'
import { type Jurisdiction, settingOf } from './decision.ts'
import { asGiven, evaluate, type Locate } from './evaluate.ts'
import type { Finding } from './finding.ts'
import { type PodInterfaces, podInterfaces, podInterfacesBefore, throughPod } from './in-pod.ts'
import type { Inventory } from './inventory.ts'
import { judgeAttachment, overlapsOfAsked, refusalsOf, usersOf } from './judge-attachment.ts'
import { judgeCluster, judgeTenant } from './judge-settings.ts'
import { nearNetwork } from './near-network.ts'
import { networkPlace } from './network-place.ts'
import { orphansOf } from './orphans.ts'
import { foreignAttachment } from './rules/foreign-attachment.ts'
import { rules } from './rules/index.ts'
import { unknownAttachment } from './rules/unknown-attachment.ts'
import type { ClaimState, PodSubject, SelectionSubject } from './subjects.ts'

/** What is known about a request, beyond the object. A linter knows nothing of this. */
export interface Circumstances {
  /** The object before an UPDATE. */
  readonly before?: Manifest | undefined
  /** The object is to be deleted. */
  readonly isRemoval?: boolean | undefined
  /** Who asks; undefined where nobody does, as in a file. */
  readonly user?: string | undefined
  readonly groups?: readonly string[] | undefined
  /** Whether the user may assign namespaces to this tenant; without it nobody may who is not an administrator. */
  readonly mayAssign?: ((tenant: string) => boolean) | undefined
  /** Looks at the claim of a selection; without it a claim is merely one that nobody looked at. */
  readonly checkClaim?: ((subject: SelectionSubject) => ClaimState) | undefined
  /** Settings above all others, a linter's own: what they leave out does not stand against a pod's networks either. */
  readonly override?: RuleSettings | undefined
}

/** The findings on any manifest that SOCNI has rules for; none for other kinds and for exempt namespaces. */
export function judge(given: Manifest, inventory: Inventory, circumstances: Circumstances = {}): Finding[] {
  const manifest = { ...given, metadata: readMetadata(given.metadata) }
  const namespace = namespaceOf(manifest)
  if (namespace !== undefined && inventory.cluster.exemptNamespaces.includes(namespace)) return []
  if (circumstances.isRemoval) return judgeRemoval(manifest, inventory)
  switch (groupKind(manifest)) {
    case NETWORK:
      return judgeAttachment(readAttachment(manifest, inventory.cluster), inventory, circumstances.before)
    case TENANT:
      return judgeTenant(manifest, inventory, circumstances.before)
    case CLUSTER_CONFIGURATION:
      return judgeCluster(manifest)
    case '/Namespace':
      return judgeNamespace(manifest, inventory, circumstances)
    case '/Binding':
      return judgeBinding(manifest, inventory)
    default: {
      const template = findPodTemplate(manifest)
      if (template === undefined) return []
      const workload = { metadata: manifest.metadata, template: template.metadata, at: template.at }
      return [
        ...judgePod(
          podSubject(manifest, template, inventory, circumstances),
          template,
          circumstances.override,
        ),
        ...evaluate(workload, rules.workload, asGiven),
      ]
    }
  }
}

/** Whether there are rules for this at all. */
export function isJudged(manifest: Pick<Manifest, 'apiVersion' | 'kind' | 'spec'>): boolean {
  return OWN_KINDS.has(groupKind(manifest)) || makesPods(manifest)
}

const OWN_KINDS: ReadonlySet<string> = new Set([
  NETWORK,
  TENANT,
  CLUSTER_CONFIGURATION,
  '/Namespace',
  '/Binding',
])

/** A pod, or the template of a workload, as its rules see it. */
export function podSubject(
  manifest: Manifest,
  template: PodTemplate,
  inventory: Inventory,
  { before, user, groups = [], checkClaim, override }: Circumstances,
): PodSubject {
  const namespace = manifest.metadata.namespace ?? template.metadata.namespace ?? 'default'
  const { annotations = {} } = template.metadata
  const machine = virtualMachineNetworks(manifest, template)
  // KubeVirt writes a virtual machine's networks over the annotation of the pod that runs it.
  const named = machine.filter(network => !network.isDefault)
  const networks =
    named.length === 0 ? annotations[NETWORKS_ANNOTATION] : named.map(({ networkName }) => networkName).join()
  const asked = readDefaultNetwork(annotations[DEFAULT_NETWORK_ANNOTATION])
  const ofMachine = machine.find(network => network.isDefault)
  const reading = readSelections(networks, namespace)
  const own = { namespace, tenant: inventory.tenantOf(namespace), cluster: inventory.cluster }
  const isTemplate = template.at.length > 0
  const interfaces = podInterfaces(reading.selections, inventory)
  const templateBefore = before && findPodTemplate(before)?.metadata
  const interfacesBefore =
    templateBefore === undefined
      ? interfaces
      : podInterfacesBefore(reading.selections, templateBefore, namespace, inventory)
  return {
    ...own,
    metadata: template.metadata,
    spec: template.spec,
    reading,
    named: named.map(({ at }) => at),
    selections: reading.selections.map(selection =>
      selectionSubject(selection, own, inventory, [interfaces, interfacesBefore], {
        isTemplate,
        checkClaim,
        override,
      }),
    ),
    defaultNetwork: asked ?? readDefaultNetwork(ofMachine?.networkName),
    defaultNetworkAt:
      asked === undefined && ofMachine !== undefined
        ? ofMachine.at
        : ['metadata', 'annotations', DEFAULT_NETWORK_ANNOTATION],
    before: templateBefore,
    isTemplate,
    user,
    groups,
  }
}

function selectionSubject(
  selection: Selection,
  own: Pick<SelectionSubject, 'namespace' | 'tenant' | 'cluster'>,
  inventory: Inventory,
  interfaces: readonly [now: PodInterfaces, before: PodInterfaces],
  {
    isTemplate,
    checkClaim,
    override,
  }: Pick<SelectionSubject, 'isTemplate'> & Pick<Circumstances, 'checkClaim' | 'override'>,
): SelectionSubject {
  const attachment = inventory.attachment(selection.namespace, selection.name)
  const attachmentTenant = inventory.tenantOf(selection.namespace)
  const subject: SelectionSubject = {
    ...own,
    selection,
    attachment,
    attachmentTenant,
    near: attachment ? undefined : nearNetwork({ ...own, selection, attachmentTenant }, inventory),
    overlaps: attachment === undefined ? [] : overlapsOfAsked(selection, attachment, inventory),
    through: throughPod(attachment, ...interfaces),
    claim: { state: claimOf(selection) === undefined ? 'none' : 'unchecked' },
    refusals: attachment === undefined ? [] : refusalsOf(attachment, inventory, override),
    isTemplate,
    isPartial: inventory.isPartial,
  }
  return checkClaim === undefined || isTemplate ? subject : { ...subject, claim: checkClaim(subject) }
}

/** The findings on a pod and on each of its selections; `override` as in Circumstances. */
export function judgePod(
  given: PodSubject,
  { at }: Pick<PodTemplate, 'at'>,
  override: Circumstances['override'] = {},
): Finding[] {
  const inPod: Locate = violation => ({ ...asGiven(violation), at: [...at, ...(violation.at ?? [])] })
  const placeOf =
    (selection: Selection): Locate =>
    ({ inside = [] }) => ({
      at: [...at, ...networkPlace(given, selection.index)],
      ...(given.named.length === 0 && { inside: insideOf(selection, inside) }),
    })
  // A rule that was turned off, or only warns, refuses nobody: then the others say what stands against the network.
  const setting = override[foreignAttachment.id] ?? settingOf(foreignAttachment.id, given)
  const isRefused = setting === undefined || setting === 'deny'
  const foreign = given.selections.map(selection =>
    isRefused ? evaluate(selection, [foreignAttachment], placeOf(selection.selection)) : [],
  )
  const isForeign = (index: number): boolean => foreign[index]?.length !== 0
  // Nor what one's own network reaches by tagging frames on it.
  const hidden = foreign.every(findings => findings.length === 0) ? {} : { through: NO_WAY }
  const selections = given.selections.map((selection, index) => ({
    ...selection,
    ...hidden,
    ...(isForeign(index) && { attachment: undefined, refusals: [] }),
  }))
  const ofSelections = selections.flatMap((selection, index) => {
    const others = isForeign(index) ? OF_THE_POD : rules.selection
    return [...(foreign[index] ?? []), ...evaluate(selection, others, placeOf(selection.selection))]
  })
  const isShort = given.reading.form === 'short'
  const told = isShort ? ofSelections.filter(isFirstOfItsKind) : ofSelections
  return [...evaluate({ ...given, selections }, rules.pod, inPod), ...told]
}

/** The short form is no JSON: nothing in one of its networks has a path. */
function insideOf({ at, index, body }: Selection, inside: Path): Path {
  return body === undefined ? [index] : [...at, ...inside]
}

/** Who names one network twice in the short form is told once what stands against it. */
function isFirstOfItsKind({ rule, message }: Finding, index: number, all: readonly Finding[]): boolean {
  return all.findIndex(other => other.rule === rule && other.message === message) === index
}

const NO_WAY = { segments: [], before: [], unknown: [] }

/** Whoever names a network of others is told that it is theirs, and nothing of what it is: these judge what the pod itself says. */
const OF_THE_POD = rules.selection.filter(rule => rule !== foreignAttachment && rule !== unknownAttachment)

/** Only what others depend on is judged when it goes. */
function judgeRemoval(manifest: Manifest, inventory: Inventory): Finding[] {
  const { cluster } = inventory
  switch (groupKind(manifest)) {
    case NETWORK: {
      const attachment = readAttachment(manifest, cluster)
      return evaluate({ attachment, users: usersOf(attachment, inventory) }, rules.removal, asGiven)
    }
    case TENANT: {
      const reading = readTenant(manifest)
      const orphans = reading.ok ? orphansOf(reading.value, undefined, inventory) : []
      const subject = {
        problems: [],
        tenant: undefined,
        cluster,
        rivals: [],
        nativeRivals: [],
        contested: [],
        exempt: [],
        orphans,
      }
      return evaluate(subject, rules.tenant, asGiven)
    }
    default:
      return []
  }
}

function judgeNamespace(
  manifest: Manifest,
  inventory: Inventory,
  { before, user, groups = [], mayAssign = () => false }: Circumstances,
): Finding[] {
  const { name = '' } = manifest.metadata
  const subject = {
    name,
    isNew: before === undefined,
    before: inventory.claimantsOf(before?.metadata),
    after: inventory.claimantsOf(manifest.metadata),
    user,
    groups,
    mayAssign,
    cluster: inventory.cluster,
  }
  return evaluate(subject, rules.namespace, asGiven)
}

function judgeBinding(manifest: Manifest, inventory: Inventory): Finding[] {
  const { namespace = '', name = '' } = manifest.metadata
  return evaluate(
    { metadata: manifest.metadata, pod: inventory.pod(namespace, name)?.metadata },
    rules.binding,
    asGiven,
  )
}

/** Where a manifest is judged. A file may hold anything for a namespace. */
export function jurisdictionOf(manifest: Manifest, inventory: Inventory): Jurisdiction {
  const namespace = namespaceOf(manifest)
  const tenant = namespace === undefined ? undefined : inventory.tenantOf(namespace)
  return { cluster: inventory.cluster, tenant, namespace }
}
