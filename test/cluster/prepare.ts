import {
  findBinaries,
  findCertManager,
  findControllers,
  findFlannel,
  findHelm,
  findMultus,
  findNodePrograms,
  findPause,
  findPlugins,
  findPromql,
  findReaders,
  findWhereabouts,
  MULTUS_PROGRAMS,
} from './binaries.ts'
import { findDefinitions } from './definitions.ts'
import { nodeObstacle } from './machine.ts'

/** Builds and fetches everything before the first test, one after the other: no test has the time for it. */
export function setup(): void {
  findBinaries()
  findControllers()
  for (const name of MULTUS_PROGRAMS) findMultus(name)
  if (nodeObstacle === undefined) findNodePrograms()
  findFlannel()
  findPause()
  findPlugins()
  findPromql()
  findReaders()
  findWhereabouts()
  findHelm()
  findCertManager()
  for (const name of ['openreports', 'wgpolicyk8s', 'certManager', 'prometheus'] as const)
    findDefinitions(name)
}
