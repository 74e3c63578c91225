import { resolve } from 'node:path'
import { decodeClaim } from '../claims/claim.ts'
import type { VerificationKeys } from '../claims/files.ts'
import { revocationOf } from '../claims/revocations.ts'
import { verifyJws } from '../claims/signature.ts'
import { readTextFile } from '../files/read-text.ts'
import { NETWORKS_ANNOTATION } from '../kube/annotations.ts'
import { groupKind } from '../kube/group-kind.ts'
import { type Manifest, readMetadata } from '../kube/manifest.ts'
import { claimOf } from '../kube/selection-claims.ts'
import { readSelections } from '../kube/selections.ts'
import { findPodTemplate, withNamespace } from '../kube/workloads.ts'
import { readInForce } from '../manage/world.ts'
import { podSubject } from '../policy/judge.ts'
import { checkClaim } from '../review/claims.ts'
import { applyPatch } from '../review/patch.ts'
import { requestFor } from '../review/request.ts'
import { createLocalReview } from '../review/review.ts'
import { boundPod } from '../review/standing.ts'
import { readManifests } from '../yaml/document.ts'
import { printManifest } from '../yaml/edit.ts'
import { readName } from './arguments.ts'
import { describeClaim, inspectClaim } from './claim-text.ts'
import {
  type AddCommand,
  choose,
  type ExitCode,
  FailureError,
  type GlobalFlags,
  type Terminal,
} from './command.ts'
import { printPlain } from './output.ts'
import { openKeyStore, openStore } from './store.ts'

interface ClaimFlags extends GlobalFlags {
  readonly namespace: string
}

type Verb = (what: string, flags: ClaimFlags, terminal: Terminal) => ExitCode | Promise<ExitCode>

/** `socni-ctl claim`: looks at claims, checks them, signs them, without any cluster. */
export const addClaim: AddCommand = (program, { terminal, action }) => {
  const claim = program
    .command('claim')
    .summary('inspect, verify and issue claims')
    .description(
      'Looks at claims, verifies them with the public keys of --keys-dir or of a cluster, and signs them.',
    )
    .addHelpText(
      'after',
      `
Examples:
  kubectl get pod ledger -o yaml | socni-ctl claim inspect -
  kubectl get pod ledger -o yaml | socni-ctl --kubeconfig ~/.kube/config claim verify -
  socni-ctl --policy-dir policy --keys-dir keys claim verify pod.yaml`,
    )
  const verb = (name: string, argument: string, description: string, run: Verb) =>
    claim
      .command(name)
      .description(description)
      .argument(argument, 'a pod manifest, a claim itself, or - for standard input')
      .option('-n, --namespace <name>', 'namespace of a pod that does not say so', 'default')
      .action(action((what: string, _, command) => run(what, command.optsWithGlobals(), terminal)))
  verb('inspect', '<pod-or-claim>', 'show what claims state, whoever signed them', inspect)
  verb('verify', '<pod-or-claim>', 'check signature and revocation; for a pod also every statement', verify)
  verb('issue', '<pod>', 'print the pod with the claims that the webhook would sign', issue)
}

function inspect(what: string, { format }: ClaimFlags, terminal: Terminal): ExitCode {
  const chosen = choose('--format', format, ['text', 'json', 'yaml'])
  const claims = claimsIn(textOf(what, terminal)).map(inspectClaim)
  if (claims.length === 0) throw new FailureError(`${what}: there is no claim in it`)
  terminal.stdout(
    chosen === 'text' ? `${claims.flatMap(describeClaim).join('\n')}\n` : printPlain(claims, chosen),
  )
  return claims.some(({ problem }) => problem !== undefined) ? 1 : 0
}

async function verify(what: string, flags: ClaimFlags, terminal: Terminal): Promise<ExitCode> {
  const chosen = choose('--format', flags.format, ['text', 'json', 'yaml'])
  const published = await (await openKeyStore(flags, terminal)).published()
  const { keys, revocations } = published
  const text = textOf(what, terminal)
  if (!isToken(text)) return verifyPods(text, what, flags, terminal, published)
  const verified = verifyJws(text.trim(), keys)
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
  terminal.stdout(chosen === 'text' ? `${state}\n` : printPlain(data, chosen))
  return problem === undefined ? 0 : 1
}

/** Every statement is compared with what the policy and the pod say. */
async function verifyPods(
  text: string,
  what: string,
  flags: ClaimFlags,
  terminal: Terminal,
  keys: VerificationKeys,
): Promise<ExitCode> {
  const inventory = await readInForce(await openStore(flags, terminal), terminal.stderr)
  const chosen = choose('--format', flags.format, ['text', 'json', 'yaml'])
  const rows: { pod: string; network: string; interface: string; state: string; message?: string }[] = []
  for (const pod of podsIn(text, what, flags.namespace)) {
    const template = findPodTemplate(pod)
    const { name } = readMetadata(pod.metadata)
    if (template === undefined) continue
    for (const subject of podSubject(pod, template, inventory, {}).selections) {
      const state = checkClaim(subject, template.metadata, keys, boundPod(pod), false)
      const { namespace, name: network, interface: name_ } = subject.selection
      rows.push({ pod: name ?? '', network: `${namespace}/${network}`, interface: name_, ...state })
    }
  }
  const lines = rows.map(
    ({ pod, network, interface: name, state, message }) =>
      `${pod}: ${network} as ${name}: ${state}${message === undefined ? '' : `: ${message}`}\n`,
  )
  terminal.stdout(chosen === 'text' ? lines.join('') : printPlain(rows, chosen))
  return rows.some(({ state }) => state === 'wrong' || state === 'missing') ? 1 : 0
}

async function issue(what: string, flags: ClaimFlags, terminal: Terminal): Promise<ExitCode> {
  choose('--format', flags.format, ['text', 'yaml'])
  const keys = await (await openKeyStore(flags, terminal)).read()
  const inventory = await readInForce(await openStore(flags, terminal), terminal.stderr)
  const decide = createLocalReview(inventory, keys)
  const printed: string[] = []
  let exit: ExitCode = 0
  for (const pod of podsIn(textOf(what, terminal), what, flags.namespace)) {
    const patched = applyPatch(pod, await decide(requestFor(pod), 'mutate'))
    const { allowed, status } = await decide(requestFor(patched), 'validate')
    if (allowed) printed.push(printManifest(patched))
    else {
      terminal.stderr(`socni-ctl: ${pod.metadata.name ?? ''} gets no claim: ${status?.message ?? ''}\n`)
      exit = 1
    }
  }
  terminal.stdout(printed.join('---\n'))
  return exit
}

/** A claim itself, what standard input holds, or what a file does. */
function textOf(what: string, terminal: Terminal): string {
  if (isToken(what)) return what
  return what === '-' ? terminal.stdin() : readTextFile(resolve(terminal.directory, what))
}

/** Three parts of base64url, of which the first one starts an object: no name of a file looks like that. */
function isToken(text: string): boolean {
  return /^\s*eyJ[\w-]+\.[\w-]+\.[\w-]*\s*$/.test(text)
}

function claimsIn(text: string): string[] {
  if (isToken(text)) return [text.trim()]
  return readManifests(text).manifests.flatMap(manifest => {
    const { annotations = {}, namespace = 'default' } = findPodTemplate(manifest)?.metadata ?? {}
    return readSelections(annotations[NETWORKS_ANNOTATION], namespace).selections.flatMap(
      selection => claimOf(selection) ?? [],
    )
  })
}

function podsIn(text: string, what: string, namespace: string): Manifest[] {
  const { manifests, problems } = readManifests(text)
  const [problem] = problems
  if (problem !== undefined) throw new FailureError(`${what}:${problem.line}: ${problem.message}`)
  const pods = manifests.filter(manifest => groupKind(manifest) === '/Pod')
  if (pods.length === 0) throw new FailureError(`${what}: there is no Pod in it: claims are of pods`)
  const given = readName('--namespace', namespace)
  return pods.map(pod => withNamespace(pod, given))
}
