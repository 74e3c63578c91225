import type { Tenant } from '../../config/tenant.ts'
import { pod } from '../example.ts'
import type { Rule } from '../rule.ts'
import type { Attachment } from '../subjects.ts'

export const foreignAttachment: Rule<'selection'> = {
  id: 'foreign-attachment',
  title: "The pod selects another tenant's network",
  severity: 'error',
  why: 'Multus attaches any NAD of any namespace that a pod names, so the pod would sit in the VLAN of its owner.',
  source: 'multus namespaceIsolation (off by default), never checked by the dynamic networks controller',
  good: { manifest: pod('finance/storage') },
  bad: { manifest: pod('logistics/fleet') },

  *check({ selection, namespace, tenant, attachment, attachmentTenant }) {
    if (attachment === undefined || attachment.namespace === namespace) return
    // One tenant's namespaces share their networks.
    if (tenant !== undefined && attachmentTenant?.name === tenant.name) return
    if (isNobodys(attachment, attachmentTenant)) return
    const owner = attachmentTenant === undefined ? 'no tenant' : `tenant "${attachmentTenant.name}"`
    const self =
      tenant === undefined ? `namespace "${namespace}", which is no tenant's` : `tenant "${tenant.name}"`
    yield {
      inside: ['namespace'],
      message: `"${selection.namespace}/${selection.name}" belongs to ${owner}, and the pod to ${self}: select a network of its own tenant`,
    }
  },
}

/**
 * What reaches no VLAN and is routed by no node may be anybody's; of a tenant's only what gives out no addresses and routes (its
 * tenant may have default routes), is no network by its name (an overlay), and can be read.
 */
function isNobodys({ facts, reach }: Attachment, tenant: Tenant | undefined): boolean {
  if (facts === undefined || reach.length > 0 || facts.hostRoutes.length + facts.devices.length > 0)
    return false
  if (tenant === undefined) return true
  const { types, subnets, stores, routes } = facts
  const isRead = types.every(({ known }) => known)
  return isRead && subnets.length === 0 && stores.length === 0 && routes.length === 0
}
