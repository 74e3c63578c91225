import { decodeClaim } from '../claims/claim.ts'
import type { VerificationKeys } from '../claims/files.ts'
import { revocationOf } from '../claims/revocations.ts'
import { verifyJws } from '../claims/signature.ts'
import { type Manifest, readMetadata } from '../kube/manifest.ts'
import { findPodTemplate } from '../kube/workloads.ts'
import { readInForce } from '../manage/world.ts'
import { describeSegments } from '../policy/describe.ts'
import type { Inventory } from '../policy/inventory.ts'
import { podSubject } from '../policy/judge.ts'
import type { SelectionSubject } from '../policy/subjects.ts'
import { checkClaim } from '../review/claims.ts'
import { boundPod } from '../review/standing.ts'
import { type ClaimFlags, findPod, isToken, podNamed, podsIn, textOf } from './claim-source.ts'
import { choose, type ExitCode, type Terminal } from './command.ts'
import { printPlain } from './output.ts'
import { openKeyStore, openStore } from './store.ts'

type Format = 'text' | 'json' | 'yaml'

/** `socni-ctl claim verify`: a claim by itself, or each network of pods as a node would take it. */
export async function verify(what: string, flags: ClaimFlags, terminal: Terminal): Promise<ExitCode> {
  const format = choose('--format', flags.format, ['text', 'json', 'yaml'])
  const published = await (await openKeyStore(flags, terminal)).published()
  const name = podNamed(what, terminal)
  if (name !== undefined) {
    const store = await openStore(flags, terminal)
    const manifests = await store.list()
    const pod = findPod(name, manifests, flags, store)
    const inventory = await readInForce(store, terminal.stderr, manifests)
    return verifyPods([pod], inventory, format, terminal, published)
  }
  const text = textOf(what, terminal)
  if (isToken(text)) return verifyToken(text.trim(), format, terminal, published)
  const pods = podsIn(text, what, flags.namespace)
  const inventory = await readInForce(await openStore(flags, terminal), terminal.stderr)
  return verifyPods(pods, inventory, format, terminal, published)
}

function verifyToken(
  jws: string,
  format: Format,
  terminal: Terminal,
  { keys, revocations }: VerificationKeys,
): ExitCode {
  const verified = verifyJws(jws, keys)
  const claim = verified.ok ? decodeClaim(verified.payload) : undefined
  const problem = !verified.ok
    ? `${verified.failed}: ${verified.message}`
    : claim !== undefined && 'problem' in claim
      ? `payload: ${claim.problem}`
      : claim !== undefined && revocationOf(claim, revocations) !== undefined
        ? 'revoked: it was signed before its VLAN was taken away from the tenant'
        : undefined
  const state = problem === undefined ? 'valid: signature and revocations' : `invalid: ${problem}`
  const data = [{ state: problem === undefined ? 'valid' : 'wrong', ...(problem && { message: problem }) }]
  terminal.stdout(format === 'text' ? `${state}\n` : printPlain(data, format))
  return problem === undefined ? 0 : 1
}

interface Verdict {
  /** `none`: no claim is needed. All others but `valid` are refused, `unknown` by Multus. */
  readonly state: 'valid' | 'none' | 'wrong' | 'missing' | 'unknown'
  readonly message?: string
}

/** Every statement is compared with what the policy and the pod say. */
function verifyPods(
  pods: readonly Manifest[],
  inventory: Inventory,
  format: Format,
  terminal: Terminal,
  keys: VerificationKeys,
): ExitCode {
  const rows: ({ pod: string; network: string; interface: string } & Verdict)[] = []
  for (const pod of pods) {
    const template = findPodTemplate(pod)
    const { name } = readMetadata(pod.metadata)
    if (template === undefined) continue
    for (const subject of podSubject(pod, template, inventory, {}).selections) {
      const verdict = judgeNetwork(subject, () =>
        checkClaim(subject, template.metadata, keys, boundPod(pod), false),
      )
      const { namespace, name: network, interface: name_ } = subject.selection
      rows.push({ pod: name ?? '', network: `${namespace}/${network}`, interface: name_, ...verdict })
    }
  }
  const lines = rows.map(
    ({ pod, network, interface: name, state, message }) =>
      `${pod}: ${network} as ${name}: ${state}${message === undefined ? '' : `: ${message}`}\n`,
  )
  terminal.stdout(format === 'text' ? lines.join('') : printPlain(rows, format))
  return rows.some(({ state }) => state !== 'valid' && state !== 'none') ? 1 : 0
}

/** What a node makes of a network, in the order in which it looks (plugin/authorize.ts); what only a node has is left out. */
function judgeNetwork(
  { selection, attachment, near, namespace, cluster }: SelectionSubject,
  check: () => ReturnType<typeof checkClaim>,
): Verdict {
  if (attachment === undefined) {
    const key = `${selection.namespace}/${selection.name}`
    const meant = near === undefined ? '' : `, did you mean "${near}"?`
    return { state: 'unknown', message: `there is no NetworkAttachmentDefinition "${key}"${meant}` }
  }
  if (attachment.config !== undefined && attachment.network === undefined)
    return { state: 'unknown', message: 'the configuration of the network cannot be read' }
  if (cluster.exemptNamespaces.includes(namespace))
    return { state: 'none', message: `nobody judges the pods of namespace "${namespace}"` }
  const claim = check()
  switch (claim.state) {
    case 'missing': {
      const reach = attachment.reach.length === 0 ? '' : ` for ${describeSegments(attachment.reach)}`
      return {
        state: 'missing',
        message: `there is no claim${reach}: the pod is older than the webhook, or was not admitted to it; restart its workload`,
      }
    }
    case 'none':
      return { state: 'none', message: 'it reaches no network of the host' }
    case 'wrong':
      return { state: 'wrong', message: claim.message }
    default:
      return { state: 'valid' }
  }
}
