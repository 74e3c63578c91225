import type { Answer } from '../kube/installed.ts'
import { answer, type Check, type Question } from './check.ts'

const INSTALL =
  'kubectl apply --server-side -k manifests/overlays/k3s, or that of your distribution (docs/install.md)'
const RIGHTS = 'the rights in examples/ci/operator-role.yaml'

/** What is there, or the check that says why that is not known. */
export function presentOf<T>(
  question: Question,
  given: Answer<T>,
  what: string,
  mend = INSTALL,
): { readonly is: T } | { readonly check: Check } {
  if ('refusal' in given) return { check: answer(question, 'unknown', given.refusal, RIGHTS) }
  if ('wrong' in given) return { check: answer(question, 'error', given.wrong, mend) }
  if (given.is === undefined) return { check: answer(question, 'error', `${what} is not there`, mend) }
  return { is: given.is }
}

/** So many are named, and the others counted. */
const MAX_LISTED = 10

/** One thing after the other, and how many more there are. */
export function listSome(things: readonly string[], separator = '; '): string {
  const more = things.length - MAX_LISTED
  return [...things.slice(0, MAX_LISTED), ...(more > 0 ? [`… and ${more} more`] : [])].join(separator)
}

/** A moment, as precise as people need it. */
export function printMoment(moment: Date): string {
  return `${moment.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}
