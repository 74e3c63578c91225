import { readJson } from '../src/json/reader.ts'
import { macvlanConfig } from '../src/policy/example.ts'
import { microseconds, row } from './measure.ts'

/** The strict reader beside JSON.parse, which builds the same values and refuses nothing that we must. */
export function benchJson(print: (line: string) => void): void {
  print('\nthe strict reader')
  print(row('', 'ours', 'JSON.parse', 'ratio'))
  const config = JSON.stringify(macvlanConfig(), null, 2)
  const texts: [string, string][] = [
    [`a configuration (${config.length} B)`, config],
    ['100 of them', `[${Array(100).fill(config).join(',')}]`],
    ['1,000 of them', `[${Array(1000).fill(config).join(',')}]`],
    ['one number of 500,000 digits', `[1${'0'.repeat(500_000)}e-500000]`],
  ]
  for (const [name, text] of texts) {
    const [ours, parse] = [microseconds(() => readJson(text)), microseconds(() => JSON.parse(text))]
    print(row(name, `${ours.toFixed(1)} µs`, `${parse.toFixed(1)} µs`, `× ${(ours / parse).toFixed(1)}`))
  }
}
