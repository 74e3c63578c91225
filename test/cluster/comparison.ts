import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { expect } from 'vitest'
import { findReaders } from './binaries.ts'

/** How many texts are read for each comparison. */
export const TEXTS = 10_000

/** What a library of Go's makes of a text. */
interface Answer {
  readonly value: unknown
  readonly error?: string
}

/** What is wrong with our reading of a text, given theirs; undefined when nothing is. */
type Judge = (text: string, theirs: Answer) => string | undefined

/** Reads many texts with both, and shows the first few that we take for something else. */
export function compare(reader: string, texts: fc.Arbitrary<string>, judge: Judge): string[] {
  const seed = Date.now()
  const sample = fc.sample(fc.noBias(texts), { numRuns: TEXTS, seed })
  const input = sample.map(text => `${JSON.stringify({ reader, text })}\n`).join('')
  const { stdout, stderr } = spawnSync(findReaders(), { input, encoding: 'utf8', maxBuffer: 1024 ** 3 })
  const answers = stdout.trimEnd().split('\n')
  expect([answers.length, stderr]).toEqual([TEXTS, ''])
  const wrong = sample.flatMap((text, index) => {
    const theirs: Answer = JSON.parse(answers[index] ?? '')
    const problem = judge(text, theirs)
    return problem === undefined
      ? []
      : [`seed ${seed}: ${JSON.stringify(text)}: ${problem}: ${answers[index]}`]
  })
  return wrong.slice(0, 3)
}
