import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ctl } from '../socni-ctl.ts'

const folder = join(import.meta.dirname, '..', 'testdata', 'cli')

/**
 * A scenario is a session in an empty directory: `--- file: NAME` to `--- end` writes a file, `--- show: NAME` prints
 * one, `$ socni-ctl …` runs a command (with `< NAME` from a file and `> NAME` into one). What is printed stands indented below, standard error
 * behind `!`, and an exit code other than 0 in brackets. UPDATE=1 rewrites it, so that a diff shows what users will read.
 */
async function play(text: string, directory: string): Promise<string> {
  const played: string[] = []
  const lines = text.split('\n')
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? ''
    // What a command printed at the last update.
    if (/^(?: {2}|! |!$|\[exit )/.test(line)) continue
    played.push(line)
    const [, verb, name = ''] = /^--- (file|show): (.+)$/.exec(line) ?? []
    if (verb === 'file') {
      const end = lines.indexOf('--- end', index)
      const content = lines.slice(index + 1, end)
      played.push(...content, '--- end')
      mkdirSync(dirname(join(directory, name)), { recursive: true })
      writeFileSync(join(directory, name), `${content.join('\n')}\n`)
      index = end
    } else if (verb === 'show') {
      played.push(...indent(normalize(readFileSync(join(directory, name), 'utf8'), directory), '  '))
    } else if (line.startsWith('$ socni-ctl ')) {
      const [command = '', output] = line.slice('$ socni-ctl '.length).split(' > ')
      const { exit, stdout, stderr } = await runLine(command, directory)
      if (output !== undefined) writeFileSync(join(directory, output), stdout)
      played.push(
        ...indent(normalize(stdout, directory), '  '),
        ...indent(normalize(stderr, directory), '! '),
      )
      if (exit !== 0) played.push(`[exit ${exit}]`)
    }
  }
  return played.join('\n')
}

function runLine(line: string, directory: string) {
  const [command = '', input] = line.split(' < ')
  const words = [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '')
  return ctl(words, {
    directory,
    ...(input !== undefined && { input: readFileSync(join(directory, input), 'utf8') }),
  })
}

function indent(text: string, prefix: string): string[] {
  return text === ''
    ? []
    : text
        .replace(/\n$/, '')
        .split('\n')
        .map(line => `${prefix}${line}`)
}

/** What differs from run to run. */
function normalize(text: string, directory: string): string {
  return text
    .replaceAll(directory, '<dir>')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, '<time>')
    .replace(/"(notBefore|iat)": \d+/g, '"$1": <seconds>')
    .replace(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, '<claim>')
    .replace(/eyJ[\w-]{8}…/g, '<claim>')
    .replace(/(?<![\w-])[\w-]{43}(?![\w-])/g, '<digest>')
    .replace(/(?<="x": ")[^"]+/g, '<key>')
}

describe('the scenario', () => {
  it.each(readdirSync(folder).filter(name => name.endsWith('.scenario')))(
    '%s goes as it is written',
    async name => {
      const directory = mkdtempSync(join(tmpdir(), 'socni-scenario-'))
      try {
        const path = join(folder, name)
        const text = readFileSync(path, 'utf8')
        const played = await play(text, directory)
        if (process.env.UPDATE === '1') writeFileSync(path, played)
        expect(played).toBe(process.env.UPDATE === '1' ? played : text)
      } finally {
        rmSync(directory, { recursive: true })
      }
    },
  )
})
