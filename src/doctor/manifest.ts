import { isRecord, type Manifest } from '../kube/manifest.ts'
import { readManifests } from '../yaml/document.ts'
import { readPlainYaml } from '../yaml/plain.ts'
import { answer, type Check, type Question } from './check.ts'
import { checkDaemonSet } from './daemon-set.ts'
import { type Distribution, type DistributionName, layouts } from './distribution.ts'
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
  const wrapped = manifests.flatMap(valuesContent)
  if (wrapped.length > 0) return wrapped.flatMap(values => judgeValues(values, path, layout))
  const { value, problem } = readPlainYaml(text)
  if (problem !== undefined) return [unreadable(path, problem)]
  const isValues = value === undefined || (isRecord(value) && value.kind === undefined)
  if (isValues) return judgeValues(text, path, layout)
  const [first] = problems
  const found =
    first === undefined ? 'no DaemonSet, and no values or HelmChart of rke2-multus' : first.message
  return [
    answer(
      READABLE,
      'error',
      `${path}: ${found}`,
      'name the values file, or the DaemonSet with its ConfigMap',
    ),
  ]
}

/** The values of the Multus chart that K3s's and RKE2's own Helm controller is given (HelmChart, HelmChartConfig). */
function valuesContent({ apiVersion, kind, metadata, spec }: Manifest): string[] {
  if (!apiVersion.startsWith('helm.cattle.io/') || !isRecord(spec)) return []
  const chart = kind === 'HelmChart' ? spec.chart : metadata.name
  // A HelmChartConfig has the name of its HelmChart, which K3s's documentation calls multus.
  const isOfMultus = typeof chart === 'string' && /(^|\/)(rke2-)?multus/.test(chart)
  return isOfMultus ? [typeof spec.valuesContent === 'string' ? spec.valuesContent : ''] : []
}

function judgeValues(text: string, path: string, layout: Distribution): Check[] {
  const { value, problem } = readPlainYaml(text)
  return problem === undefined ? checkValues(value ?? {}, layout) : [unreadable(path, problem)]
}

function unreadable(path: string, { line, message }: { line: number; message: string }): Check {
  return answer(READABLE, 'error', `${path}:${line}: ${message}`, 'correct the YAML')
}
