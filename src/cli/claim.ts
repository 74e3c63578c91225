import { NETWORKS_ANNOTATION } from '../kube/annotations.ts'
import type { Manifest } from '../kube/manifest.ts'
import { claimOf } from '../kube/selection-claims.ts'
import { readSelections } from '../kube/selections.ts'
import { findPodTemplate } from '../kube/workloads.ts'
import { readInForce } from '../manage/world.ts'
import { applyPatch } from '../review/patch.ts'
import { requestFor } from '../review/request.ts'
import { createLocalReview } from '../review/review.ts'
import { readManifests } from '../yaml/document.ts'
import { printManifest } from '../yaml/edit.ts'
import { type ClaimFlags, findPod, isToken, podNamed, podsIn, textOf } from './claim-source.ts'
import { describeClaim, inspectClaim } from './claim-text.ts'
import { verify } from './claim-verify.ts'
import { type AddCommand, choose, type ExitCode, FailureError, type Terminal } from './command.ts'
import { printPlain } from './output.ts'
import { openKeyStore, openStore } from './store.ts'

const ARGUMENTS = {
  'pod-or-claim':
    'a pod manifest, pod/NAME of the cluster (or the policy directory), a claim itself, or - for standard input',
  pod: 'a pod manifest, or - for standard input',
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
  socni-ctl --kubeconfig ~/.kube/config claim verify pod/ledger -n finance
  socni-ctl --policy-dir policy --keys-dir keys claim verify pod.yaml`,
    )
  const verb = (name: string, argument: keyof typeof ARGUMENTS, description: string, run: Verb) =>
    claim
      .command(name)
      .description(description)
      .argument(`<${argument}>`, ARGUMENTS[argument])
      .option('-n, --namespace <name>', 'namespace of a pod that does not say so', 'default')
      .action(action((what: string, _, command) => run(what, command.optsWithGlobals(), terminal)))
  verb('inspect', 'pod-or-claim', 'show what claims state, whoever signed them', inspect)
  verb(
    'verify',
    'pod-or-claim',
    'check signature and revocation; for a pod say of each network why a node would refuse it',
    verify,
  )
  verb('issue', 'pod', 'print the pod with the claims that the webhook would sign', issue)
}

async function inspect(what: string, flags: ClaimFlags, terminal: Terminal): Promise<ExitCode> {
  const chosen = choose('--format', flags.format, ['text', 'json', 'yaml'])
  const manifests = await readGiven(what, flags, terminal)
  const claims = (typeof manifests === 'string' ? [manifests] : manifests.flatMap(claimsOf)).map(inspectClaim)
  if (claims.length === 0) throw new FailureError(`${what}: there is no claim in it`)
  terminal.stdout(
    chosen === 'text' ? `${claims.flatMap(describeClaim).join('\n')}\n` : printPlain(claims, chosen),
  )
  return claims.some(({ problem }) => problem !== undefined) ? 1 : 0
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

/** A claim itself, or manifests. */
async function readGiven(
  what: string,
  flags: ClaimFlags,
  terminal: Terminal,
): Promise<string | readonly Manifest[]> {
  const name = podNamed(what, terminal)
  if (name !== undefined) {
    const store = await openStore(flags, terminal)
    return [findPod(name, await store.list(), flags, store)]
  }
  const text = textOf(what, terminal)
  return isToken(text) ? text.trim() : readManifests(text).manifests
}

function claimsOf(manifest: Manifest): string[] {
  const { annotations = {}, namespace = 'default' } = findPodTemplate(manifest)?.metadata ?? {}
  return readSelections(annotations[NETWORKS_ANNOTATION], namespace).selections.flatMap(
    selection => claimOf(selection) ?? [],
  )
}
