import { resolve } from 'node:path'
import type { ClaimKeys } from '../claims/files.ts'
import { KeyError } from '../claims/jwk.ts'
import { generateSigningKey, type KeySet, publicKeyOf } from '../claims/keys.ts'
import { readTextFile } from '../files/read-text.ts'
import type { AdmissionRequest, AdmissionResponse } from '../kube/admission.ts'
import { NETWORKS_ANNOTATION } from '../kube/annotations.ts'
import { isRecord, type Manifest, readMetadata } from '../kube/manifest.ts'
import { claimOf } from '../kube/selection-claims.ts'
import { readSelections } from '../kube/selections.ts'
import { withNamespace } from '../kube/workloads.ts'
import { readInForce } from '../manage/world.ts'
import { putManifest } from '../policy/put-policy.ts'
import { WebhookClient } from '../review/client.ts'
import type { Phase } from '../review/context.ts'
import { applyPatch, readPatch } from '../review/patch.ts'
import { requestFor, withUid } from '../review/request.ts'
import { createLocalReview } from '../review/review.ts'
import { StoreError } from '../store/store.ts'
import { readManifests } from '../yaml/document.ts'
import { readPlainYaml } from '../yaml/plain.ts'
import { readName } from './arguments.ts'
import { describeClaim, inspectClaim } from './claim-text.ts'
import {
  type AddCommand,
  choose,
  type ExitCode,
  FailureError,
  type GlobalFlags,
  type Terminal,
  UsageError,
} from './command.ts'
import { printPlain } from './output.ts'
import { isInCluster, openKeyStore, openStore } from './store.ts'

interface ReviewFlags extends GlobalFlags {
  readonly namespace: string
  readonly server?: string
  readonly ca?: string
}

/** `socni-ctl review`: what the webhook would answer, or what a running one does. */
export const addReview: AddCommand = (program, { terminal, action }) => {
  program
    .command('review')
    .summary("print the webhook's decision on a manifest or an AdmissionReview")
    .description(
      'Prints what the webhook decides: allowed or not, what it writes into the object, and the claims in it. Asks the policy directory or cluster, or with --server a running webhook.',
    )
    .argument(
      '<file>',
      'an AdmissionReview, or manifests that are taken as being created, one after the other; - is standard input',
    )
    .option('-n, --namespace <name>', 'where manifests go that do not say so', 'default')
    .option('--server <url>', 'ask this webhook instead: https://127.0.0.1:8443')
    .option('--ca <file>', "authority of the webhook's certificate, PEM")
    .addHelpText(
      'after',
      `
Examples:
  socni-ctl review --policy-dir examples/policy pod.yaml
  socni-ctl review --server https://127.0.0.1:8443 --ca .socni/tls/ca.crt review.json`,
    )
    .action(action((file: string, _, command) => reviewFile(file, command.optsWithGlobals(), terminal)))
}

/** Asks for one decision. */
type Ask = (phase: Phase, request: AdmissionRequest) => Promise<AdmissionResponse>

interface Outcome {
  readonly object: Manifest
  readonly namespace: string
  readonly response: AdmissionResponse
  readonly mutation: AdmissionResponse
}

async function reviewFile(file: string, flags: ReviewFlags, terminal: Terminal): Promise<ExitCode> {
  const chosen = choose('--format', flags.format, ['text', 'json', 'yaml'])
  const text = file === '-' ? terminal.stdin() : readTextFile(resolve(terminal.directory, file))
  const requests = readRequests(text, file, readName('--namespace', flags.namespace))
  const { ask, put, close } = await openReviewer(flags, terminal)
  try {
    const outcomes: Outcome[] = []
    for (const request of requests) {
      const outcome = await admit(request, ask)
      outcomes.push(outcome)
      // As with kubectl apply, what comes first in the file is there for what comes after it.
      if (outcome.response.allowed) put(outcome.object)
    }
    terminal.stdout(
      chosen === 'text'
        ? outcomes.map(describeOutcome).join('\n')
        : printPlain(outcomes.map(plainOutcome), chosen),
    )
    return outcomes.every(({ response }) => response.allowed) ? 0 : 1
  } finally {
    close()
  }
}

/** The requests in a file: the one of an AdmissionReview, or one for each manifest. */
function readRequests(text: string, file: string, namespace: string): AdmissionRequest[] {
  const { value } = readPlainYaml(text)
  if (isRecord(value) && value.kind === 'AdmissionReview') {
    const { request } = value
    if (!isRecord(request) || !isRecord(request.object) || !isRecord(request.object.metadata))
      throw new FailureError(
        `${file}: "request.object" is no manifest: only reviews with an object can be decided`,
      )
    return [{ userInfo: {}, ...request } as unknown as AdmissionRequest]
  }
  const { manifests, problems } = readManifests(text)
  const [problem] = problems
  if (problem !== undefined) throw new FailureError(`${file}:${problem.line}: ${problem.message}`)
  if (manifests.length === 0) throw new FailureError(`${file}: there is no manifest in it`)
  return manifests.map(manifest => requestFor(withNamespace(manifest, namespace)))
}

async function openReviewer(
  flags: ReviewFlags,
  terminal: Terminal,
): Promise<{ ask: Ask; put: (stored: Manifest) => void; close: () => void }> {
  if (flags.server !== undefined) {
    if (!URL.canParse(flags.server) || new URL(flags.server).protocol !== 'https:')
      throw new UsageError(
        `--server "${flags.server}" is no https URL: write one like https://127.0.0.1:8443`,
      )
    const authority = flags.ca === undefined ? undefined : readTextFile(resolve(terminal.directory, flags.ca))
    const client = new WebhookClient(flags.server, authority)
    const ask: Ask = (phase, request) => client.review(phase, request)
    // What is only asked about is in no cluster that the webhook could see.
    return { ask, put: () => {}, close: () => client.close() }
  }
  const inventory = await readInForce(await openStore(flags, terminal), terminal.stderr)
  const keys = await findKeys(flags, terminal)
  const decide = createLocalReview(inventory, keys)
  const put = (stored: Manifest): void => void putManifest(inventory, stored)
  return { ask: async (phase, request) => decide(request, phase), put, close: () => {} }
}

/**
 * Those of the webhook beside us. A cluster's webhook keeps its own to itself, and there may be none: a review then
 * still shows what a claim would say, and knows the claims that are there where it can.
 */
async function findKeys(flags: GlobalFlags, terminal: Terminal): Promise<ClaimKeys> {
  const store = await openKeyStore(flags, terminal)
  const reasons: string[] = []
  const attempt = async <T>(read: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await read()
    } catch (error) {
      if (!(error instanceof KeyError || error instanceof StoreError)) throw error
      reasons.push(error.message)
      return undefined
    }
  }
  const own = isInCluster(flags) ? undefined : await attempt(() => store.read())
  if (own !== undefined) return own
  const published = await attempt(() => store.published())
  const reason = reasons[0] ?? 'the key of the cluster is its own'
  terminal.stderr(`note: ${reason}; claims are signed with a key made for this run\n`)
  const signing = generateSigningKey()
  const keys: KeySet = new Map([...(published?.keys ?? []), [signing.kid, publicKeyOf(signing, 'current')]])
  return { signing, keys, revocations: published?.revocations ?? [] }
}

/** As the API server does: mutate, patch, then validate what would be stored. */
async function admit(request: AdmissionRequest, ask: Ask): Promise<Outcome> {
  const { object, namespace = '' } = request
  const mutation = await ask('mutate', request)
  if (object === null || object === undefined || !mutation.allowed) {
    return {
      object: object ?? { apiVersion: '', kind: '', metadata: {} },
      namespace,
      mutation,
      response: mutation,
    }
  }
  const patched = applyPatch(object, mutation)
  const stored = request.operation === 'CREATE' ? withUid(patched) : patched
  return {
    object: patched,
    namespace,
    mutation,
    response: await ask('validate', { ...request, object: stored }),
  }
}

function describeOutcome({ object, namespace, mutation, response }: Outcome): string {
  const { name, generateName = '' } = readMetadata(object.metadata)
  const where = namespace === '' ? '' : `${namespace}/`
  const lines = [
    `${object.kind} ${where}${name ?? generateName}: ${response.allowed ? 'allowed' : 'refused'}`,
  ]
  for (const line of response.status?.message.split('\n') ?? []) lines.push(`  error: ${line}`)
  for (const warning of response.warnings ?? []) lines.push(`  warning: ${warning}`)
  for (const { op, path, value } of readPatch(mutation.patch)) {
    lines.push(`  ${op} ${path}`, ...shownValue(value).map(line => `    + ${line}`))
  }
  for (const claim of claimsOf(object))
    lines.push(...describeClaim(inspectClaim(claim)).map(line => `  ${line}`))
  return `${lines.join('\n')}\n`
}

/** A claim is unreadable by eye, and is decoded below. */
function shownValue(value: unknown): string[] {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return [text.replace(/"(eyJ[\w-]{8})[\w.-]+"/g, '"$1…"')]
}

function claimsOf({ metadata }: Manifest): string[] {
  const { annotations = {}, namespace = 'default' } = readMetadata(metadata)
  return readSelections(annotations[NETWORKS_ANNOTATION], namespace).selections.flatMap(
    selection => claimOf(selection) ?? [],
  )
}

function plainOutcome({ object, namespace, mutation, response }: Outcome): object {
  const { name } = object.metadata
  return {
    object: {
      kind: object.kind,
      ...(namespace !== '' && { namespace }),
      ...(name !== undefined && { name }),
    },
    allowed: response.allowed,
    ...(response.status && {
      message: response.status.message,
      causes: response.status.details?.causes ?? [],
    }),
    warnings: response.warnings ?? [],
    patch: readPatch(mutation.patch),
    claims: claimsOf(object).map(inspectClaim),
  }
}
