import { nearWord } from '../json/distance.ts'
import type { Inventory } from './inventory.ts'
import type { SelectionSubject } from './subjects.ts'

/** Letters that a misspelt name may differ in; a short one is another name sooner. */
const NEAR = 2
const SHORT = 6
/** A namespace may have thousands of networks, a pod dozens that are unknown, and names be long: nobody is to wait for a hint. */
const MAX_ASKED = 30
const MAX_LENGTH = 32

/** The network that is perhaps meant by a name that none has; of another tenant's networks nobody is told. */
export function nearNetwork(
  { selection, namespace, tenant, attachmentTenant }: NearSubject,
  inventory: Inventory,
): string | undefined {
  const isOwn =
    selection.namespace === namespace || (tenant !== undefined && attachmentTenant?.name === tenant.name)
  if (!isOwn || selection.name.length <= NEAR || selection.name.length > MAX_LENGTH) return undefined
  const asked: string[] = []
  for (const { name } of inventory.attachmentsIn(selection.namespace)) {
    if (Math.abs(name.length - selection.name.length) <= NEAR) asked.push(name)
    if (asked.length === MAX_ASKED) break
  }
  return nearWord(selection.name, asked, selection.name.length < SHORT ? 1 : NEAR)
}

type NearSubject = Pick<SelectionSubject, 'selection' | 'namespace' | 'tenant' | 'attachmentTenant'>
