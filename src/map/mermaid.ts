import { printable } from '../json/quote.ts'
import { printRange, type VlanSpace } from './space.ts'

/** A Mermaid flowchart: tenants, their VLANs, the networks in these and how many pods select them. */
export function renderMermaid({ interfaces }: VlanSpace): string {
  const lines = ['flowchart LR']
  const ids = new Map<string, string>()
  // Ids are ours and labels are quoted: names from manifests end no label and start no statement.
  const node = (kind: string, key: string, label: string, open: string, close: string): string => {
    const known = ids.get(`${kind} ${key}`)
    if (known !== undefined) return known
    const id = `${kind}${ids.size}`
    ids.set(`${kind} ${key}`, id)
    lines.push(`  ${id}${open}"${escapeLabel(label)}"${close}`)
    return id
  }
  for (const { name, ranges } of interfaces) {
    for (const { first, last, state, tenants, networks, pods } of ranges) {
      if (state === 'free') continue
      const vlans = `${printRange({ first, last })} on ${name}`
      const suffix = state === 'used' || state === 'granted' ? '' : ` (${state})`
      const range = node('vlan', `${name} ${first}`, `VLAN ${vlans}${suffix}`, '[', ']')
      for (const tenant of tenants) lines.push(`  ${node('tenant', tenant, tenant, '([', '])')} --> ${range}`)
      for (const network of networks)
        lines.push(`  ${range} --> ${node('network', network, network, '[[', ']]')}`)
      if (pods > 0)
        lines.push(
          `  ${range} --> ${node('pods', `${name} ${first}`, `${pods} pod${pods === 1 ? '' : 's'}`, '(', ')')}`,
        )
      if (state === 'conflict') lines.push(`  style ${range} stroke:#c00,stroke-width:3px`)
    }
  }
  return `${lines.join('\n')}\n`
}

/** Entities of Mermaid; without them a quote ends the label, and HTML in it would be shown as such. */
function escapeLabel(text: string): string {
  return printable(text).replace(/[^\p{L}\p{N} ./:_,()-]/gu, sign => `#${sign.codePointAt(0)};`)
}
