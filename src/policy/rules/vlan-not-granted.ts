import { isEmptyVlans, printVlans } from '../../net/vlan-set.ts'
import { attachment, bridgeConfig } from '../example.ts'
import { grantedOn, ungranted } from '../grants.ts'
import type { Rule } from '../rule.ts'

export const vlanNotGranted: Rule<'attachment'> = {
  id: 'vlan-not-granted',
  title: 'The attachment reaches a VLAN that its tenant was not granted',
  severity: 'error',
  why: 'Every pod that selects this attachment sends and receives frames in a VLAN that its tenant was not given.',
  source: 'docs/policy.md; containernetworking/plugins plugins/main/{vlan,bridge}',
  good: { manifest: attachment(bridgeConfig()) },
  bad: { manifest: attachment({ ...bridgeConfig(), vlan: 300 }) },

  *check({ attachment, tenant, cluster }) {
    if (tenant === undefined) return
    for (const reach of attachment.reach) {
      const { vlans, masterGranted } = ungranted(tenant, reach, cluster)
      if (!masterGranted || isEmptyVlans(vlans)) continue
      const granted = printVlans(grantedOn(tenant, reach.master, cluster))
      yield {
        inside: reach.uplink.at,
        message: `VLAN ${printVlans(vlans)} on "${reach.master}" is not granted to tenant "${tenant.name}", which holds ${granted} there: use one of these, or have a cluster admin grant it`,
      }
    }
  },
}
