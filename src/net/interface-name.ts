/**
 * Whether Linux takes this as an interface name: 1 to 15 bytes, not `.` or `..`, without `/`, `:` and white space.
 * White space is by byte, and in Latin-1: `à` ends with 0xa0. NUL is refused as well, since the kernel would read the name only up to it. Source: net/core/dev.c dev_valid_name().
 */
export function isInterfaceName(name: string): boolean {
  const length = Buffer.byteLength(name)
  if (length < 1 || length > 15 || name === '.' || name === '..') return false
  return !/[/:\0\t-\r ]/.test(name) && !Buffer.from(name).includes(0xa0)
}

/**
 * The VLAN that a name of the form `eth0.200` stands for by convention (iproute2, ifcfg, spiderpool's ifacer): `eth0`
 * and 200. `eth0.100.200` is VLAN 200 on `eth0.100`. Names prove nothing; other forms are mapped in the configuration.
 * PCI addresses (`0000:3b:02.1`) and device resources (`intel.com/nic.2`) are none, though they may end alike.
 */
export function readVlanName(name: string): { parent: string; vlan: number } | undefined {
  const [, parent, id] = /^([^/:]+)\.([0-9]{1,4})$/.exec(name) ?? []
  const vlan = Number(id)
  return parent === undefined || vlan > 4095 ? undefined : { parent, vlan }
}
