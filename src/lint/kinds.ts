import { distance } from '../json/distance.ts'
import { quote } from '../json/quote.ts'
import { isRecord, type Manifest } from '../kube/manifest.ts'
import type { SchemaProblem } from './schemas.ts'

const NAD = 'NetworkAttachmentDefinition'

/** The kinds of ours, and the one of Multus: what is nearly one of them is judged by nobody, and installed by nobody. */
const GROUPS: Readonly<Record<string, { readonly version: string; readonly kinds: readonly string[] }>> = {
  'socni.dev': { version: 'v1alpha1', kinds: ['Tenant', 'ClusterConfiguration'] },
  // Others have kinds of their own in this group (IPAMClaim, MultiNetworkPolicy).
  'k8s.cni.cncf.io': { version: 'v1', kinds: [NAD] },
}

/** Kinds whose operators make NADs of them, by group. */
const NETWORK_MAKERS: Readonly<Record<string, readonly string[]>> = {
  'sriovnetwork.openshift.io': ['SriovNetwork', 'SriovIBNetwork', 'OVSNetwork'],
  'mellanox.com': ['MacvlanNetwork', 'HostDeviceNetwork', 'IPoIBNetwork'],
  'operator.openshift.io': ['Network'],
  'k8s.ovn.org': ['UserDefinedNetwork', 'ClusterUserDefinedNetwork'],
  'spiderpool.spidernet.io': ['SpiderMultusConfig'],
  'multinic.fms.io': ['MultiNicNetwork'],
}

/** Whether somebody else makes NADs of this: nobody can tell here what will be in them. */
export function makesNetworks({ apiVersion, kind, spec }: Manifest): boolean {
  const [group = ''] = apiVersion.split('/')
  if (!Object.hasOwn(NETWORK_MAKERS, group) || !NETWORK_MAKERS[group]?.includes(kind)) return false
  // OpenShift's own network is of this kind as well, and need not have any.
  return kind !== 'Network' || (isRecord(spec) && spec.additionalNetworks !== undefined)
}

/** Letters that a misspelt kind may differ in. */
const NEAR = 3

/** A kind that is nearly one that we judge, or that stands under a version or group which does not have it. */
export function checkKind({ apiVersion, kind }: Pick<Manifest, 'apiVersion' | 'kind'>): SchemaProblem[] {
  const [version = '', group = ''] = apiVersion.split('/').reverse()
  const known = Object.hasOwn(GROUPS, group) ? GROUPS[group] : undefined
  if (known === undefined) {
    const isLost = kind === NAD && group === ''
    return isLost ? [wrongVersion(apiVersion, kind, 'k8s.cni.cncf.io/v1')] : []
  }
  if (!known.kinds.includes(kind)) {
    const meant = known.kinds.find(other => distance(kind, other) <= NEAR)
    const instead = meant ?? known.kinds.join(' or ')
    return meant === undefined && group !== 'socni.dev'
      ? []
      : [{ at: ['kind'], message: `${quote(kind)} is no kind of ${group}: write ${instead}` }]
  }
  return version === known.version ? [] : [wrongVersion(apiVersion, kind, `${group}/${known.version}`)]
}

function wrongVersion(apiVersion: string, kind: string, right: string): SchemaProblem {
  return { at: ['apiVersion'], message: `${quote(apiVersion)} has no ${kind}: write ${right}` }
}
