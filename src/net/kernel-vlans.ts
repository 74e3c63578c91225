/** A VLAN interface that the kernel of a node has. */
export interface KernelVlan {
  readonly name: string
  readonly vlan: number
  readonly parent: string
}

/** Reads /proc/net/vlan/config: `name | id | parent` behind two lines of heading. Source: Linux net/8021q/vlanproc.c vlan_seq_show(). */
export function parseKernelVlans(text: string): KernelVlan[] {
  return text
    .split('\n')
    .slice(2)
    .flatMap(row => {
      const [name = '', id = '', parent = ''] = row.split('|').map(cell => cell.trim())
      const vlan = Number(id)
      return name === '' || !Number.isInteger(vlan) ? [] : [{ name, vlan, parent }]
    })
}
