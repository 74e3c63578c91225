import { LAST_VLAN } from '../net/vlan-set.ts'
import { escapeMarkup } from './markup.ts'
import { printRange, type VlanRangeUse, type VlanSpace, type VlanState } from './space.ts'

const WIDTH = 1000
const LABELS = 130
const LANE = 44
const TOP = 46
const SCALE = (WIDTH - LABELS - 20) / (LAST_VLAN + 1)

/** One VLAN of 4,095 is a fifth of a pixel: what is drawn must be seen. */
const SMALLEST = 3

/** Each state has a mark too, so that nobody needs to tell colours apart. */
const STATES: Readonly<
  Record<Exclude<VlanState, 'free'>, { readonly mark: string; readonly words: string }>
> = {
  granted: { mark: '', words: 'granted' },
  used: { mark: '■', words: 'in use' },
  shared: { mark: '∥', words: 'shared' },
  conflict: { mark: '✕', words: 'conflict' },
}

/** Presentation only, and no script: it follows the reader's light or dark scheme. */
export const SVG_STYLE = `
  .space { font: 12px system-ui, sans-serif }
  .space text { fill: #222 } .space .lane { fill: #eee } .space .axis { stroke: #999 }
  .space .granted { fill: #9ecae9 } .space .used { fill: #3182bd } .space .shared { fill: #f0c36d } .space .conflict { fill: #c0392b }
  @media (prefers-color-scheme: dark) {
    .space text { fill: #ddd } .space .lane { fill: #333 } .space .axis { stroke: #777 }
    .space .granted { fill: #35607d } .space .used { fill: #63aee6 } .space .shared { fill: #b98a2e } .space .conflict { fill: #ff6b5b }
  }`

/** The VLAN space drawn: a lane for each interface, from untagged to 4094. */
export function renderSvg(space: VlanSpace): string {
  return `${drawSpace(space, `<style>${SVG_STYLE}</style>\n`)}\n`
}

/** The drawing, with its style inside or beside it. */
export function drawSpace({ interfaces }: VlanSpace, style: string): string {
  const height = TOP + interfaces.length * LANE + 40
  const lanes = interfaces.map(({ name, ranges }, index) => drawLane(name, ranges, TOP + index * LANE))
  const summary = interfaces.map(({ name, ranges }) => `${name}: ${countStates(ranges)}`).join('; ')
  return `<svg xmlns="http://www.w3.org/2000/svg" class="space" role="img" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}">
<title>VLANs of the cluster</title>
<desc>${escapeMarkup(summary || 'no VLAN is granted or used')}</desc>
${style}${drawAxis(height)}${lanes.join('')}${drawLegend(height - 12)}</svg>`
}

function drawAxis(height: number): string {
  const ticks = [0, 500, 1000, 1500, 2000, 2500, 3000, 3500, LAST_VLAN]
  const drawn = ticks.map(id => {
    const x = (LABELS + id * SCALE).toFixed(1)
    return `<line class="axis" x1="${x}" y1="${TOP - 12}" x2="${x}" y2="${height - 34}" stroke-width="0.5"/><text x="${x}" y="${TOP - 18}" text-anchor="middle">${id}</text>\n`
  })
  return drawn.join('')
}

function drawLane(name: string, ranges: readonly VlanRangeUse[], y: number): string {
  const width = ((LAST_VLAN + 1) * SCALE).toFixed(1)
  const boxes = ranges.map(range => (range.state === 'free' ? '' : drawRange(range, range.state, y)))
  return `<text x="${LABELS - 10}" y="${y + 20}" text-anchor="end">${escapeMarkup(name)}</text>
<rect class="lane" x="${LABELS}" y="${y}" width="${width}" height="${LANE - 12}"/>
${boxes.join('')}`
}

function drawRange(range: VlanRangeUse, state: Exclude<VlanState, 'free'>, y: number): string {
  const { first, last, tenants, networks, pods } = range
  const width = Math.max(SMALLEST, (last - first + 1) * SCALE)
  const x = LABELS + first * SCALE
  const { mark, words } = STATES[state]
  const title = [
    `VLAN ${printRange(range)}: ${words}`,
    tenants.join(', ') || 'no tenant',
    ...(networks.length > 0 ? [networks.join(', ')] : []),
    ...(pods > 0 ? [`${pods} pod${pods === 1 ? '' : 's'}`] : []),
  ].join(' · ')
  const sign =
    mark === ''
      ? ''
      : `<text x="${(x + width / 2).toFixed(1)}" y="${y - 2}" text-anchor="middle" font-size="9">${mark}</text>`
  return `<g><title>${escapeMarkup(title)}</title><rect class="${state}" x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${LANE - 12}"/>${sign}</g>\n`
}

function drawLegend(y: number): string {
  const entries = Object.entries(STATES).map(([state, { mark, words }], index) => {
    const x = LABELS + index * 110
    return `<rect class="${state}" x="${x}" y="${y - 10}" width="12" height="12"/><text x="${x + 18}" y="${y}">${mark} ${words}</text>\n`
  })
  return entries.join('')
}

function countStates(ranges: readonly VlanRangeUse[]): string {
  const counts = new Map<string, number>()
  for (const { state, first, last } of ranges) counts.set(state, (counts.get(state) ?? 0) + last - first + 1)
  return [...counts].map(([state, count]) => `${count} ${state}`).join(', ')
}
