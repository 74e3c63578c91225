import type { Cluster } from '../../config/cluster.ts'
import type { Tenant } from '../../config/tenant.ts'
import { distance } from '../../json/distance.ts'
import { quote } from '../../json/quote.ts'
import { RESOURCE_NAME_ANNOTATION } from '../../kube/annotations.ts'
import { attachment, macvlanConfig } from '../example.ts'
import { ungranted } from '../grants.ts'
import { hiddenVlan, isDeviceResource, type Segment } from '../reach.ts'
import type { Rule } from '../rule.ts'
import type { Attachment } from '../subjects.ts'

export const interfaceNotGranted: Rule<'attachment'> = {
  id: 'interface-not-granted',
  title: 'The attachment rides on a host interface that its tenant was not granted',
  severity: 'error',
  why: 'A host interface leads to a network of its own: VLAN 100 on eth1 is not VLAN 100 on eth0, and an unknown name may hide a VLAN.',
  source: 'docs/policy.md, masters',
  good: { manifest: attachment(macvlanConfig()) },
  bad: { manifest: attachment({ ...macvlanConfig(), master: 'eth1.100' }) },

  *check({ attachment, tenant, cluster, deviceHolders }) {
    yield* findForeignDevice(attachment, tenant, deviceHolders)
    if (tenant === undefined) return
    for (const reach of attachment.reach) {
      if (ungranted(tenant, reach, cluster).masterGranted) continue
      const { use, name } = reach.uplink.master
      if (use === 'device' && name === undefined && attachment.resourceName === undefined) {
        const message = `nothing says which device: name the device plugin's resource in the annotation "${RESOURCE_NAME_ANNOTATION}"`
        yield { inside: reach.uplink.at, message }
        continue
      }
      const masters = [...new Set(tenant.vlans.flatMap(grant => grant.masters))]
      yield {
        inside: reach.uplink.master.at,
        message: `"${reach.master}" is no host interface of tenant "${tenant.name}": its grants are on ${listMasters(masters, reach.master)}${hint(masters, reach, cluster)}`,
      }
    }
  },
}

/** A device of the NAD's resource, which leads nowhere by itself behind a port of a bridge: there one of nobody's will do. */
function* findForeignDevice(
  { facts, resourceName, namespace }: Attachment,
  tenant: Tenant | undefined,
  holders: readonly Tenant[],
) {
  const [device] = facts?.devices ?? []
  const isGiven = device !== undefined && resourceName !== undefined && isDeviceResource(resourceName)
  if (!isGiven || holders.some(({ name }) => name === tenant?.name)) return
  if (holders.length === 0 && facts?.devices.every(({ isBehindPort }) => isBehindPort)) return
  const [holder] = holders
  const whose =
    holder === undefined
      ? `were not granted to ${tenant === undefined ? `namespace "${namespace}"` : `tenant "${tenant.name}"`}`
      : `are those of tenant "${holder.name}"`
  yield {
    at: ['metadata', 'annotations', RESOURCE_NAME_ANNOTATION],
    message: `the devices of ${quote(resourceName)} ${whose}, and "${device.plugin}" takes one: name a resource that the tenant was granted, or have a cluster admin grant it`,
  }
}

/** Interfaces that are named in a message. */
const MAX_LISTED = 5

/** All of them, or of many those that the name is most like. */
function listMasters(masters: readonly string[], name: string): string {
  if (masters.length === 0) return 'no interface'
  const shown =
    masters.length <= MAX_LISTED
      ? masters
      : masters.toSorted((a, b) => distance(a, name) - distance(b, name)).slice(0, MAX_LISTED)
  const more = masters.length > shown.length ? `, … and ${masters.length - shown.length} more` : ''
  return shown.map(master => `"${master}"`).join(', ') + more
}

/** For who granted VLAN 100 on `eth0.100`. */
function hint(masters: readonly string[], { master }: Segment, cluster: Cluster): string {
  for (const name of masters) {
    const outer = hiddenVlan(name, cluster)
    if (outer?.parent === master)
      return `; a grant on "${name}" is for tags inside of VLAN ${outer.vlan}, and one for that VLAN itself has ids ${outer.vlan} on "${master}"`
  }
  return ''
}
