import type { ClaimKeys } from '../claims/files.ts'
import type { Inventory } from '../policy/inventory.ts'
import type { Decide, ReviewContext } from './context.ts'
import { mutate } from './mutate.ts'
import { objectOf } from './request.ts'
import { validate } from './validate.ts'

/**
 * Makes the decision function of the webhook: the mutating phase signs, the validating phase decides. What is known may be a
 * moment old, and is looked at again before anything is refused for it.
 */
export function createReview(context: ReviewContext): Decide {
  return async (request, phase) => {
    const object = objectOf(request)
    const namespace = object?.metadata.namespace ?? ''
    if (object === undefined || context.inventory.cluster.exemptNamespaces.includes(namespace))
      return { uid: request.uid, allowed: true }
    const review = phase === 'mutate' ? mutate : validate
    const first = review(object, request, context)
    const isOutdated = first.isOpposed && (await context.lookAgain?.(request)) === true
    const { response, count } = isOutdated ? review(object, request, context) : first
    count(context.counters)
    return response
  }
}

/** The same where nobody counts: on a laptop, for one request. */
export function createLocalReview(inventory: Inventory, keys: ClaimKeys, clock = () => new Date()): Decide {
  const counters = { countFinding: () => {}, countClaims: () => {} }
  return createReview({ inventory, keys: () => keys, clock, counters })
}
