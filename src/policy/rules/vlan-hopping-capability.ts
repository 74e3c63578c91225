import type { Container, PodSpec } from '../../kube/manifest.ts'
import { countVlans, NATIVE, printVlans, shareVlans } from '../../net/vlan-set.ts'
import { attachment, macvlanConfig, pod } from '../example.ts'
import { networkPlace } from '../network-place.ts'
import type { Rule } from '../rule.ts'
import type { PodSubject, SelectionSubject } from '../subjects.ts'

const trunk = attachment(
  {
    ...macvlanConfig(),
    name: 'trunk',
    type: 'bridge',
    bridge: 'br-finance',
    vlanTrunk: [{ minID: 200, maxID: 209 }],
    vlan: 100,
    master: undefined,
    mode: undefined,
  },
  { name: 'trunk' },
)

export const vlanHoppingCapability: Rule<'pod'> = {
  id: 'vlan-hopping-capability',
  title: 'The pod can send frames with VLAN tags of its own choice',
  severity: 'warning',
  why: 'With NET_ADMIN or NET_RAW on a trunk or an untagged port a program tags frames itself, as the guest of a virtual machine always may, and hops into VLANs of others where a switch lets them through.',
  source:
    'capabilities(7); containerd default capabilities (NET_RAW is on unless dropped); IEEE 802.1Q double tagging; kubevirt pkg/virt-controller/services/template.go (virt-launcher)',
  good: { given: [trunk], manifest: pod('trunk') },
  bad: {
    given: [trunk],
    manifest: pod('trunk', { spec: { containers: [{ name: 'teller', image: 'busybox' }] } }),
  },

  *check(subject) {
    const { spec, selections } = subject
    const open = selections.find(carriesSeveral)
    if (open === undefined) return
    const vlans = open.attachment?.reach.map(reach => printVlans(reach.vlans)).join(', ')
    const carries = `network "${open.selection.name}" carries VLAN ${vlans}`
    if (runsGuest(subject))
      yield {
        at: networkPlace(subject, open.selection.index),
        message: `the guest of a virtual machine tags frames as it likes, and ${carries}: use a network of one tagged VLAN`,
      }
    for (const { container, at } of containersOf(spec)) {
      const power = powerOf(container)
      if (power === undefined) continue
      yield {
        at: ['spec', ...at],
        message: `container ${nameOf(container, at)} ${power.what}, and ${carries}: ${power.remedy}, or use a network of one tagged VLAN`,
      }
    }
  },
}

/** In quotes; by its number in the list where it has no name, as in what is not applied yet. */
function nameOf({ name }: Container, at: readonly (string | number)[]): string {
  return name === undefined || name === '' ? String(Number(at.at(-1)) + 1) : `"${name}"`
}

/** A trunk, or a port whose untagged side is shared with the host. */
function carriesSeveral({ attachment }: SelectionSubject): boolean {
  return (attachment?.reach ?? []).some(({ vlans }) => countVlans(vlans) > 1 || shareVlans(vlans, NATIVE))
}

/** A virtual machine, or the pod that KubeVirt runs it in: what its guest sends no capability of a container limits. */
function runsGuest({ metadata, named }: PodSubject): boolean {
  return named.length > 0 || metadata.labels?.['kubevirt.io'] === 'virt-launcher'
}

/** What lets a container tag frames, and how it is taken away. */
const POWERS = {
  privileged: { what: 'is privileged', remedy: 'run it unprivileged' },
  NET_ADMIN: { what: 'has NET_ADMIN', remedy: 'take it out of capabilities.add' },
  NET_RAW: { what: 'has NET_RAW', remedy: 'write NET_RAW under capabilities.drop' },
} as const

function powerOf({ securityContext }: Container): (typeof POWERS)[keyof typeof POWERS] | undefined {
  if (securityContext?.privileged === true) return POWERS.privileged
  const { add = [], drop = [] } = securityContext?.capabilities ?? {}
  const names = (list: readonly string[]) => list.map(name => name.toUpperCase().replace(/^CAP_/, ''))
  const added = names(add)
  if (added.includes('NET_ADMIN') || added.includes('ALL')) return POWERS.NET_ADMIN
  const isDropped = names(drop).some(name => name === 'NET_RAW' || name === 'ALL')
  return added.includes('NET_RAW') || !isDropped ? POWERS.NET_RAW : undefined
}

function* containersOf(spec: PodSpec): Iterable<{ container: Container; at: (string | number)[] }> {
  for (const key of ['containers', 'initContainers', 'ephemeralContainers'] as const) {
    for (const [index, container] of (spec[key] ?? []).entries()) yield { container, at: [key, index] }
  }
}
