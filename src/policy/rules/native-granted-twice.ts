import { tenant } from '../example.ts'
import type { Rule } from '../rule.ts'

export const nativeGrantedTwice: Rule<'tenant'> = {
  id: 'native-granted-twice',
  title: 'Untagged traffic and VLAN 1 of one interface belong to two tenants',
  severity: 'warning',
  why: 'A bridge that filters VLANs puts what comes untagged into VLAN 1, and so do most switches: the two tenants are then in one network.',
  source: 'Linux net/bridge/br_vlan.c (default_pvid); IEEE 802.1Q-2022 table 9-2',
  good: {
    given: [tenant('lab', { namespaces: ['lab'], vlans: [{ ids: 'native', masters: ['br-lab'] }] })],
    manifest: tenant('retail', { namespaces: ['retail'], vlans: [{ ids: 2, masters: ['br-lab'] }] }),
  },
  bad: {
    given: [tenant('lab', { namespaces: ['lab'], vlans: [{ ids: 'native', masters: ['br-lab'] }] })],
    manifest: tenant('retail', { namespaces: ['retail'], vlans: [{ ids: 1, masters: ['br-lab'] }] }),
  },

  *check({ tenant, nativeRivals }) {
    for (const { tenant: rival, grant, master, holdsNative } of nativeRivals) {
      const [own, other] = holdsNative ? ['VLAN 1', 'untagged traffic'] : ['untagged traffic', 'VLAN 1']
      yield {
        at: ['spec', 'vlans', tenant?.vlans.indexOf(grant) ?? 0],
        message: `${own} on ${master} may be one network with ${other} there, which tenant "${rival.name}" holds: grant both to one of them, or set "shared": true in both`,
      }
    }
  },
}
