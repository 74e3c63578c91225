import {
  findBinaries,
  findCertManager,
  findControllers,
  findHelm,
  findMultus,
  findPlugins,
} from './binaries.ts'
import { findDefinitions } from './definitions.ts'

/** Builds and fetches everything before the first test, one after the other: no test has the time for it. */
export function setup(): void {
  findBinaries()
  findControllers()
  for (const name of ['multus', 'multus-shim', 'multus-daemon'] as const) findMultus(name)
  findPlugins()
  findHelm()
  findCertManager()
  for (const name of ['openreports', 'wgpolicyk8s', 'certManager'] as const) findDefinitions(name)
}
