import { isRecord } from '../kube/manifest.ts'
import { readManifests } from '../yaml/document.ts'
import { readPlain } from '../yaml/plain.ts'
import { answer, type Check, type Question } from './check.ts'
import { checkDaemonSet } from './daemon-set.ts'
import { type DistributionName, layouts } from './distribution.ts'
import { checkValues } from './helm-values.ts'

const READABLE: Question = {
  id: 'manifest',
  title: 'The file installs Multus',
  why: 'Only values of the Multus chart, and manifests with its DaemonSet, can be judged.',
}

/** Judges how a file would install Multus on a distribution: values of the Helm chart, or a DaemonSet and its ConfigMap. */
export function examineManifests(text: string, path: string, distribution: DistributionName): Check[] {
  const layout = layouts[distribution]
  const { manifests, problems } = readManifests(text)
  const daemonSets = manifests.filter(({ kind }) => kind === 'DaemonSet')
  if (daemonSets.length > 0)
    return daemonSets.flatMap(daemonSet => checkDaemonSet(daemonSet, manifests, layout))
  const { value, problem } = readPlain(text)
  if (problem !== undefined)
    return [answer(READABLE, 'error', `${path}:${problem.line}: ${problem.message}`, 'correct the YAML')]
  const isValues = value === undefined || (isRecord(value) && value.kind === undefined)
  if (isValues) return checkValues(value ?? {}, layout)
  const [first] = problems
  const found = first === undefined ? 'no DaemonSet and no values of the chart' : first.message
  return [
    answer(
      READABLE,
      'error',
      `${path}: ${found}`,
      'name the values file, or the DaemonSet with its ConfigMap',
    ),
  ]
}
