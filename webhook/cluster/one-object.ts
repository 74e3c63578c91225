import type { Manifest } from '../../src/kube/manifest.ts'
import type { Mirror } from './mirror.ts'
import type { Journal } from './reflector.ts'

/** One object that is taken when it can be read, and else stays as it was. Deleting it changes nothing either. */
export function oneObject(
  what: string,
  problems: Map<string, readonly string[]>,
  log: Journal,
  take: (manifest: Manifest) => void,
): Mirror {
  const tryTake = (manifest: Manifest): void => {
    try {
      take(manifest)
      problems.delete(what)
    } catch (error) {
      log.warn({ err: error }, `${what} cannot be read; what it said before stays in force`)
      problems.set(what, [`${what}: ${error instanceof Error ? error.message : String(error)}`])
    }
  }
  const miss = (): void => {
    log.warn({}, `${what} is not there; what it said before, if anything, stays in force`)
    problems.set(what, [`${what} is not there`])
  }
  return {
    replace: async manifests => {
      const [manifest] = await Array.fromAsync(manifests)
      if (manifest === undefined) miss()
      else tryTake(manifest)
    },
    put: tryTake,
    remove: miss,
  }
}
