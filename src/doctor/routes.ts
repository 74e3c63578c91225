import { type KernelRoute, parseKernelRoutes } from '../net/kernel-routes.ts'
import type { Tree } from './tree.ts'

/** The IPv4 routes of a node's main table. */
export function readKernelRoutes(tree: Tree): KernelRoute[] {
  return parseKernelRoutes(tree.read('/proc/net/route') ?? '')
}
