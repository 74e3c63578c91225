import type { Answer, Installed } from '../kube/installed.ts'
import { GUARD } from '../kube/installed.ts'
import type { Manifest } from '../kube/manifest.ts'
import { listSome, presentOf } from './answers.ts'
import { answer, type Check, type Question } from './check.ts'
import { describePod, isReady, podsOf, type Workload } from './workload.ts'

const GUARD_PODS: Question = {
  id: 'guard-pods',
  title: 'The guard is on every node',
  why: 'Where it is not, what reached the cluster while the webhook was away attaches unchecked; where its pod is not ready, keys and revocations do not arrive.',
}

/** Which nodes have the guard's DaemonSet put it in place, and which not. */
export function checkGuardPods({ guard, pods, nodes }: Installed): Check {
  const found = presentOf(GUARD_PODS, guard, `DaemonSet ${GUARD}`)
  if ('check' in found) return found.check
  const { spec, status } = found.is as unknown as Workload
  const mode = modeOf(spec.template.spec.containers[0]?.args ?? [])
  const mend =
    'kubectl -n socni-system describe pods -l app.kubernetes.io/name=socni-guard; on the node: sudo socni-ctl doctor'
  const own = podsOf(pods, GUARD)
  if (own === undefined) {
    const [ready, wanted] = [status?.numberReady ?? 0, status?.desiredNumberScheduled ?? 0]
    const state = ready < wanted ? 'error' : 'unknown'
    const text = `${ready} of ${wanted} pods are ready; ${mode}; on which nodes is not known: ${refusalOf(pods)}`
    return answer(GUARD_PODS, state, text, mend)
  }
  const waiting = own.filter(pod => !isReady(pod)).map(describePod)
  const names = namesOf(nodes)
  const guarded = new Set(own.map(pod => pod.spec.nodeName))
  const bare = (names ?? []).filter(name => !guarded.has(name)).map(name => `${name} has no pod of it`)
  const ready = own.length - waiting.length
  const text = [
    `${ready} of ${names === undefined ? `${own.length} pods are` : `${names.length} nodes have it`} ready; ${mode}`,
    ...bare,
    ...waiting,
    ...(names === undefined ? [`which nodes there are is not known: ${refusalOf(nodes)}`] : []),
  ]
  const isWrong = waiting.length > 0 || bare.length > 0 || ready === 0
  return answer(GUARD_PODS, isWrong ? 'error' : names === undefined ? 'unknown' : 'ok', listSome(text), mend)
}

/** Nodes that can run it: Linux, as its nodeSelector says. */
function namesOf(nodes: Answer<readonly Manifest[]>): string[] | undefined {
  if (!('is' in nodes)) return undefined
  return ((nodes.is ?? []) as readonly { metadata: { name?: string; labels?: Record<string, string> } }[])
    .filter(({ metadata }) => metadata.labels?.['kubernetes.io/os'] === 'linux')
    .map(({ metadata }) => metadata.name ?? '')
}

function modeOf(args: readonly string[]): string {
  if (args.includes('uninstall')) return 'it takes itself off'
  return args.includes('--mode=audit') ? 'it only writes down what it would refuse' : 'it refuses'
}

function refusalOf(given: Answer<readonly Manifest[]>): string {
  return 'refusal' in given ? given.refusal : ''
}
