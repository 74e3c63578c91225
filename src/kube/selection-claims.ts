import { isObject, type JsonObject } from '../json/value.ts'
import { CLAIM_ARG } from './annotations.ts'
import type { Selection } from './selection.ts'

/** The claim that a selection carries, whoever wrote it. A claim that is no string counts as an empty one. */
export function claimOf(selection: Selection): string | undefined {
  const claim = selection.cniArgs?.[CLAIM_ARG]
  return claim === undefined ? undefined : typeof claim === 'string' ? claim : ''
}

/** The element with this claim under cni-args, or with none; every other key stays as and where it was. */
export function withClaim(selection: Selection, claim: string | undefined): JsonObject {
  const element = { ...(selection.body ?? shortFormElement(selection)) }
  const args: JsonObject = { ...(isObject(element['cni-args']) ? element['cni-args'] : {}) }
  delete args[CLAIM_ARG]
  if (claim !== undefined) args[CLAIM_ARG] = claim
  if (Object.keys(args).length > 0) element['cni-args'] = args
  else delete element['cni-args']
  return element
}

function shortFormElement({
  name,
  namespace,
  isNamespaceWritten,
  requestedInterface,
}: Selection): JsonObject {
  return {
    name,
    ...(isNamespaceWritten && { namespace }),
    ...(requestedInterface !== undefined && { interface: requestedInterface }),
  }
}
