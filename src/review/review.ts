import type { ClaimKeys } from '../claims/files.ts'
import type { Inventory } from '../policy/inventory.ts'
import type { Decide, ReviewContext } from './context.ts'
import { mutate } from './mutate.ts'
import { objectOf } from './request.ts'
import { validate } from './validate.ts'

/** Makes the decision function of the webhook: the mutating phase signs, the validating phase decides. */
export function createReview(context: ReviewContext): Decide {
  return (request, phase) => {
    const object = objectOf(request)
    const namespace = object?.metadata.namespace ?? ''
    if (object === undefined || context.inventory.cluster.exemptNamespaces.includes(namespace))
      return { uid: request.uid, allowed: true }
    return phase === 'mutate' ? mutate(object, request, context) : validate(object, request, context)
  }
}

/** The same where nobody counts: on a laptop, for one request. */
export function createLocalReview(inventory: Inventory, keys: ClaimKeys, clock = () => new Date()): Decide {
  const counters = { countFinding: () => {}, countClaims: () => {} }
  return createReview({ inventory, keys: () => keys, clock, counters })
}
