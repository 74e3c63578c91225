import { escapeMarkup } from './markup.ts'
import { printRange, type VlanSpace } from './space.ts'
import { drawSpace, SVG_STYLE } from './svg.ts'

const STYLE = `
  :root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
  body { margin: 2rem auto; max-width: 64rem; padding: 0 1rem }
  svg { max-width: 100%; height: auto } table { border-collapse: collapse; width: 100% }
  th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #8884; vertical-align: top; overflow-wrap: anywhere }
  .state-conflict { font-weight: bold }`

/** One page with nothing from elsewhere and no script at all: it can be mailed, and opened years later. */
export function renderHtml(space: VlanSpace): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>VLANs of the cluster</title>
<style>${STYLE}${SVG_STYLE}
</style>
</head>
<body>
<h1>VLANs of the cluster</h1>
${drawSpace(space, '')}
${space.interfaces.map(({ name, ranges }) => `<h2>${escapeMarkup(name)}</h2>\n${table(ranges)}`).join('\n')}
<h2>Tenants</h2>
${tenantList(space)}
</body>
</html>
`
}

function table(ranges: VlanSpace['interfaces'][number]['ranges']): string {
  const rows = ranges.map(range => {
    const cells = [
      printRange(range),
      range.state,
      range.tenants.join(', '),
      range.networks.join(', '),
      range.pods || '',
    ]
    return `<tr class="state-${range.state}">${cells.map(cell => `<td>${escapeMarkup(String(cell))}</td>`).join('')}</tr>\n`
  })
  const head = ['VLANs', 'state', 'tenants', 'networks', 'pods']
    .map(title => `<th scope="col">${title}</th>`)
    .join('')
  return `<table>\n<thead><tr>${head}</tr></thead>\n<tbody>\n${rows.join('')}</tbody>\n</table>`
}

function tenantList({ interfaces }: VlanSpace): string {
  const held = new Map<string, string[]>()
  for (const { name, ranges } of interfaces) {
    for (const range of ranges)
      for (const tenant of range.tenants)
        held.set(tenant, [...(held.get(tenant) ?? []), `${printRange(range)} on ${name}`])
  }
  const items = [...held]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([tenant, vlans]) => `<dt>${escapeMarkup(tenant)}</dt><dd>${escapeMarkup(vlans.join(', '))}</dd>\n`)
  return items.length === 0 ? '<p>There is no tenant with a VLAN.</p>' : `<dl>\n${items.join('')}</dl>`
}
