/** A route of a node's main table; addresses are in hexadecimal, as the kernel prints them. */
export interface KernelRoute {
  readonly name: string
  readonly destination: string
  readonly gateway: string
  readonly mask: string
}

/**
 * The IPv4 routes in the text of /proc/net/route. Source: Linux net/ipv4/fib_trie.c fib_route_seq_show(), whose columns are Iface
 * Destination Gateway Flags RefCnt Use Metric Mask.
 */
export function parseKernelRoutes(text: string): KernelRoute[] {
  const rows = text.split('\n').slice(1)
  return rows.flatMap(row => {
    const [name = '', destination, gateway = '', , , , , mask = ''] = row
      .split('\t')
      .map(column => column.trim())
    return destination === undefined ? [] : [{ name, destination, gateway, mask }]
  })
}
