import type { Container, PodSpec } from '../../kube/manifest.ts'
import { countVlans, intersectVlans, isEmptyVlans, NATIVE, printVlans } from '../../net/vlan-set.ts'
import { attachment, macvlanConfig, pod } from '../example.ts'
import type { Rule } from '../rule.ts'
import type { SelectionSubject } from '../subjects.ts'

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
  why: 'With NET_ADMIN or NET_RAW on a trunk or an untagged port a program tags frames itself, and hops into VLANs of others where a switch lets them through.',
  source:
    'capabilities(7); containerd default capabilities (NET_RAW is on unless dropped); IEEE 802.1Q double tagging',
  good: { given: [trunk], manifest: pod('trunk') },
  bad: {
    given: [trunk],
    manifest: pod('trunk', { spec: { containers: [{ name: 'teller', image: 'busybox' }] } }),
  },

  *check({ spec, selections }) {
    const open = selections.find(carriesSeveral)
    if (open === undefined) return
    for (const { container, at } of containersOf(spec)) {
      const power = tagsFrames(container)
      if (power === undefined) continue
      const vlans = open.attachment?.reach.map(reach => printVlans(reach.vlans)).join(', ')
      yield {
        at: ['spec', ...at],
        message: `container "${container.name}" ${power}, and network "${open.selection.name}" carries VLAN ${vlans}: drop the capability, or use a network of one tagged VLAN`,
      }
    }
  },
}

/** A trunk, or a port whose untagged side is shared with the host. */
function carriesSeveral({ attachment }: SelectionSubject): boolean {
  return (attachment?.reach ?? []).some(
    ({ vlans }) => countVlans(vlans) > 1 || !isEmptyVlans(intersectVlans(vlans, NATIVE)),
  )
}

function tagsFrames({ securityContext }: Container): string | undefined {
  if (securityContext?.privileged === true) return 'is privileged'
  const { add = [], drop = [] } = securityContext?.capabilities ?? {}
  const names = (list: readonly string[]) => list.map(name => name.toUpperCase().replace(/^CAP_/, ''))
  const added = names(add)
  if (added.includes('NET_ADMIN') || added.includes('ALL')) return 'has NET_ADMIN'
  const isDropped = names(drop).some(name => name === 'NET_RAW' || name === 'ALL')
  return added.includes('NET_RAW') || !isDropped ? 'has NET_RAW' : undefined
}

function* containersOf(spec: PodSpec): Iterable<{ container: Container; at: (string | number)[] }> {
  for (const key of ['containers', 'initContainers', 'ephemeralContainers'] as const) {
    for (const [index, container] of (spec[key] ?? []).entries()) yield { container, at: [key, index] }
  }
}
