import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { readAsKubectl } from '../../src/yaml/kubectl-scalar.ts'
import { manifestsTwiceRead } from '../yaml/twice-read.ts'
import { findBinaries } from './binaries.ts'

/** Scalars on which readers of YAML disagree, and their neighbours on which they do not. */
const SCALARS = [
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'yES', 'on', 'On', 'ON', 'oN', 'true', 'True', 'TRUE', 'tRUE'],
  ...['n', 'N', 'no', 'No', 'NO', 'off', 'Off', 'OFF', 'oFF', 'false', 'False', 'FALSE'],
  ...['~', 'null', 'Null', 'NULL', 'nULL', 'none'],
  ...['0', '-0', '+0', '00', '07', '08', '0100', '0o100', '0O7', '0x1F', '0X1f', '0b11', '0b12', '0xg'],
  ...['1_000', '1__0', '_1', '1_', '0x_1', '0_7', '+12', '-12', '--1', '+0x1F', '-0100', '-0b11'],
  ...['.5', '5.', '0.', '1.5', '1e3', '1E3', '1e', '1e+3', '1.5e-3', '685.230_15e+03', '.e3', '1.2.3', '+.5'],
  ...['12:30', '12:30:45', '190:20:30', '2001-12-14', '2001-12-14t21:59:43.10-05:00', '=', '<<', '.'],
  ...['9223372036854775807', '100', '4094', 'eth0', 'eth0.100', '10.100.0.0/16', '1.0.0', '0.3.1'],
]

describe('a scalar without quotes', () => {
  it('is to us what it is to kubectl', () => {
    const data = SCALARS.map((scalar, index) => `  key${index}: ${scalar}\n`).join('')
    const manifest = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nspec:\n${data}`
    const read = kubectlReads(manifest)[0]?.spec
    expect(SCALARS.map((scalar, index) => [scalar, read[`key${index}`]])).toEqual(
      SCALARS.map(scalar => [scalar, readAsKubectl(scalar)]),
    )
  })
})

describe('a manifest', () => {
  it.each(manifestsTwiceRead)('with $what has to kubectl what we say that it has', ({ text, kubectl }) => {
    const networks = kubectlReads(text).map(
      ({ metadata }) => metadata.annotations?.['k8s.v1.cni.cncf.io/networks'] ?? null,
    )
    expect(networks).toEqual(kubectl)
  })
})

/** The objects that kubectl prints, with a label more; none where it refuses. */
// biome-ignore lint/suspicious/noExplicitAny: whatever kubectl read.
function kubectlReads(input: string): any[] {
  const args = ['label', '--local', '-o', 'json', '-f', '-', 'a=b']
  const { stdout } = spawnSync(findBinaries().kubectl, args, {
    input,
    encoding: 'utf8',
    env: { HOME: '/nonexistent', PATH: '' },
  })
  return stdout.trim() === '' ? [] : JSON.parse(`[${stdout.trim().replaceAll(/\n\}\n\{\n/g, '\n},\n{\n')}]`)
}
