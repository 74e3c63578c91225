const BELOW = ' > '

/** A plugin that others run is named with them, `multus > flannel > bridge`; by itself it is its type. */
export function chainOf(outer: string, type: string): string {
  return outer === '' ? type : `${outer}${BELOW}${type}`
}

/** How many plugins are in a chain. */
export function depthOf(chain: string): number {
  return chain.split(BELOW).length
}

/** Whether another plugin runs it: a delegate, or one for addresses. */
export function isNested(chain: string): boolean {
  return chain.includes(BELOW)
}

/** The type that a fact is of: the last one of the chain. */
export function innermost(chain: string): string {
  return chain.split(BELOW).at(-1) ?? chain
}
