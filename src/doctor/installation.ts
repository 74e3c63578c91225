import { readPublicFiles } from '../claims/files.ts'
import { KeyError } from '../claims/jwk.ts'
import { readCluster } from '../config/cluster.ts'
import type { Answer, Installed } from '../kube/installed.ts'
import { AUDITED, WEBHOOK } from '../kube/installed.ts'
import { isRecord, type Manifest } from '../kube/manifest.ts'
import { printPrefix } from '../net/prefix.ts'
import { listSome, presentOf, printMoment } from './answers.ts'
import { answer, type Check, type Question } from './check.ts'
import { checkGuardPods } from './guard-pods.ts'
import { checkCertificate, checkTrust } from './trust.ts'
import { describePod, isReady, podsOf, type Workload } from './workload.ts'

const REPLICAS: Question = {
  id: 'webhook',
  title: 'The webhook answers',
  why: 'Without a replica that is ready, pods with networks and NADs are refused.',
}

const LEADER: Question = {
  id: 'leader',
  title: 'One replica leads',
  why: 'Without one nothing is audited, no certificate renewed, no status of a Tenant written, and nothing revoked that a Tenant loses.',
}

const CONFIGURATION: Question = {
  id: 'configuration',
  title: 'The facts of the cluster can be read',
  why: 'A replica that starts without them decides nothing; others go by what was there before.',
}

const TENANTS: Question = {
  id: 'tenants',
  title: 'Every Tenant is in force',
  why: 'What is not in force grants nothing; what it said before does, if anything.',
}

const KEYS: Question = {
  id: 'published-keys',
  title: 'The nodes are given public keys',
  why: 'The pods of the guard wait for them, and a node without them refuses every claim.',
}

/** Judges what is installed in a cluster, by what the API server says of it. */
export function examineInstallation(installed: Installed): Check[] {
  const { certificate, mutating, validating, now } = installed
  return [
    checkReplicas(installed),
    checkLeader(installed),
    checkCertificate(certificate, now),
    checkTrust(mutating, validating, certificate, now),
    checkConfiguration(installed.configuration),
    checkTenants(installed.tenants),
    checkKeys(installed.keys),
    checkGuardPods(installed),
  ]
}

function checkReplicas({ webhook, pods }: Installed): Check {
  const found = presentOf(REPLICAS, webhook, `Deployment ${WEBHOOK}`)
  if ('check' in found) return found.check
  const { metadata, spec, status } = found.is as unknown as Workload
  const [wanted, ready] = [spec.replicas ?? 1, status?.readyReplicas ?? 0]
  const isUpdated =
    (status?.updatedReplicas ?? 0) >= wanted && status?.observedGeneration === metadata.generation
  const waiting = (podsOf(pods, WEBHOOK) ?? []).filter(pod => !isReady(pod)).map(describePod)
  const text = [
    `${ready} of ${wanted} replicas are ready, of ${spec.template.spec.containers[0]?.image}`,
    ...(isUpdated ? [] : ['not all of them are as the Deployment says by now']),
    ...waiting,
  ]
  const state = ready === 0 ? 'error' : ready < wanted || !isUpdated ? 'warning' : 'ok'
  return answer(
    REPLICAS,
    state,
    listSome(text),
    'kubectl -n socni-system describe pods -l app.kubernetes.io/name=socni-webhook; kubectl -n socni-system logs deployment/socni-webhook',
  )
}

function checkLeader({ lease, now }: Installed): Check {
  const mend = 'kubectl -n socni-system logs deployment/socni-webhook'
  const found = presentOf(LEADER, lease, `Lease ${WEBHOOK}`, mend)
  if ('check' in found) return found.check
  const spec = isRecord(found.is.spec) ? found.is.spec : {}
  const { holderIdentity, renewTime, acquireTime, leaseDurationSeconds } = spec
  if (!holderIdentity) return answer(LEADER, 'error', 'the last one has given the Lease up', mend)
  const age = (now.getTime() - Date.parse(String(renewTime))) / 1000
  // The name of the pod, and what tells one process in it from the next.
  const holder = String(holderIdentity).replace(/_[^_]*$/, '')
  const audited = found.is.metadata.annotations?.[AUDITED]
  const audit =
    audited === undefined
      ? 'no audit has ended yet'
      : `the last audit ended ${printMoment(new Date(audited))}`
  return age <= Number(leaseDurationSeconds)
    ? answer(LEADER, 'ok', `${holder} since ${printMoment(new Date(String(acquireTime)))}; ${audit}`)
    : answer(LEADER, 'error', `the last one, ${holder}, was not heard from since ${renewTime}`, mend)
}

function checkConfiguration(configuration: Answer): Check {
  const place = 'ConfigMap socni-configuration'
  const mend =
    'correct manifests/base/configuration.yaml, or the values of the chart under "cluster", and apply them (docs/policy.md)'
  const found = presentOf(CONFIGURATION, configuration, place, mend)
  if ('check' in found) return found.check
  const reading = readCluster(found.is)
  if (!reading.ok) {
    const problems = reading.problems.map(({ at, message }) => `${at.join('.')}: ${message}`)
    return answer(CONFIGURATION, 'error', `${place}: ${listSome(problems)}`, mend)
  }
  const { enforcement, podCIDRs, serviceCIDRs, primaryInterface } = reading.value
  return answer(
    CONFIGURATION,
    'ok',
    `enforcement ${enforcement}, pods in ${podCIDRs.map(printPrefix).join(', ')}, services in ${serviceCIDRs.map(printPrefix).join(', ')}, default route on ${primaryInterface}`,
  )
}

function checkTenants(tenants: Answer<readonly Manifest[]>): Check {
  const found = presentOf(TENANTS, tenants, 'the definition of Tenant')
  if ('check' in found) return found.check
  if (found.is.length === 0)
    return answer(
      TENANTS,
      'warning',
      'there is none, so that no namespace attaches to any VLAN',
      'socni-ctl --tenant-id NAME create --id VLAN --master INTERFACE',
    )
  const wrong = found.is.flatMap(tenant => obstacleOf(tenant) ?? [])
  return wrong.length === 0
    ? answer(TENANTS, 'ok', `${found.is.length} ${found.is.length === 1 ? 'is' : 'are'} in force`)
    : answer(
        TENANTS,
        'warning',
        `${wrong.length} of ${found.is.length} ${wrong.length === 1 ? 'is' : 'are'} not: ${listSome(wrong)}`,
        'kubectl get tenants -o wide',
      )
}

/** Why a Tenant is not in force, in the words of its condition (webhook/audit/status.ts). */
function obstacleOf({ metadata, status }: Manifest): string | undefined {
  const conditions = isRecord(status) && Array.isArray(status.conditions) ? status.conditions : []
  const ready = conditions.find(condition => isRecord(condition) && condition.type === 'Ready')
  if (ready === undefined || ready.observedGeneration !== metadata.generation)
    return `"${metadata.name}" was not looked at yet`
  return ready.status === 'True'
    ? undefined
    : `"${metadata.name}": ${String(ready.message).replaceAll('\n', '; ')}`
}

function checkKeys(keys: Answer): Check {
  const mend =
    'kubectl -n socni-system logs deployment/socni-webhook: a replica publishes them when it starts'
  const found = presentOf(KEYS, keys, 'ConfigMap socni-keys', mend)
  if ('check' in found) return found.check
  const texts = (found.is as { data?: Readonly<Record<string, string>> }).data ?? {}
  try {
    const published = readPublicFiles(name => texts[name], 'ConfigMap socni-keys')
    const current = [...published.keys].filter(([, { state }]) => state === 'current').map(([kid]) => kid)
    const others = published.keys.size - current.length
    const revocations = published.revocations.length
    return answer(
      KEYS,
      current.length === 0 ? 'error' : 'ok',
      `${current.join(', ') || 'none'} signs${others === 0 ? '' : `, ${others} more`}; ${revocations} ${revocations === 1 ? 'revocation' : 'revocations'}`,
      mend,
    )
  } catch (error) {
    if (!(error instanceof KeyError)) throw error
    return answer(KEYS, 'error', error.message, mend)
  }
}
