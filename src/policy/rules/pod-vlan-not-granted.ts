import { isEmptyVlans } from '../../net/vlan-set.ts'
import { describeSegment } from '../describe.ts'
import { attachment, macvlanConfig, pod, tenant } from '../example.ts'
import { straySubnets, ungranted } from '../grants.ts'
import { MAX_PASSAGES } from '../in-pod.ts'
import type { Rule } from '../rule.ts'

const namespace = 'workshop'
const tagged = (vlanId: number) =>
  attachment(
    {
      cniVersion: '1.0.0',
      name: 'tagged',
      type: 'vlan',
      master: 'net1',
      linkInContainer: true,
      vlanId,
      ipam: { type: 'whereabouts', range: '10.105.1.0/24' },
    },
    { name: 'tagged', namespace },
  )
const given = [
  tenant('workshop', { namespaces: [namespace], vlans: [{ ids: 'native,500', masters: ['eth0'] }] }),
  attachment(
    { ...macvlanConfig(), name: 'floor', master: 'eth0', ipam: undefined },
    { name: 'floor', namespace },
  ),
]
const manifest = pod('floor@net1,tagged', { metadata: { namespace } })

export const podVlanNotGranted: Rule<'selection'> = {
  id: 'pod-vlan-not-granted',
  title: 'A network on an interface of the pod reaches what its tenant was not granted',
  severity: 'error',
  why: 'Frames that are tagged on an interface of the pod (linkInContainer) leave the node with that tag where the interface is untagged there: the pod is in the VLAN as if it had been attached to it. In a running pod that interface may be the old one still.',
  source:
    'containernetworking/plugins v1.9.1 plugins/main/vlan/vlan.go (linkInContainer); Linux net/core/dev.c, vlan_do_receive() before macvlan; seen on Linux 6.1',
  good: { given: [...given, tagged(500)], manifest },
  bad: { given: [...given, tagged(300)], manifest },

  *check({ selection, attachment, through, tenant, cluster }) {
    const inside = ['name']
    const network = `network "${selection.name}"`
    if (through.isBeyondCount) {
      const message = `${network} rides on an interface of the pod, and the networks of this pod ride on one another in more ways than are judged (${MAX_PASSAGES}): select fewer of them`
      yield { inside, message }
    }
    for (const name of through.unknown) {
      const message = `${network} tags frames on "${name}", and no network of the pod that SOCNI can read is on it: name the interface of one`
      yield { inside, message }
    }
    if (tenant === undefined) return
    for (const segment of through.before.filter(({ how }) => how === 'tagged')) {
      const { vlans } = ungranted(tenant, segment, cluster)
      if (isEmptyVlans(vlans)) continue
      const reached = describeSegment({ ...segment, vlans })
      const message = `${network} tags frames on an interface of the pod, and reaches ${reached}, which is not granted to tenant "${tenant.name}"`
      yield { inside, message }
    }
    // Inside of a VLAN its holder has whatever addresses it likes.
    const reached = through.segments.filter(({ how }) => how !== 'inside')
    for (const { prefix, accepted } of straySubnets(attachment, reached, tenant, cluster)) {
      const message = `${prefix} of ${network} is in no subnet granted for this VLAN: use addresses of ${accepted}`
      yield { inside, message }
    }
  },
}
