import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AdmissionRequest, AdmissionReview } from '../src/kube/admission.ts'
import { isRecord } from '../src/kube/manifest.ts'
import type { Decide, Phase } from '../src/review/context.ts'
import { readBody } from './body.ts'
import { decisionLog } from './decision-log.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import { RequestError } from './request-error.ts'

export interface AdmissionOptions {
  readonly decide: Decide
  readonly metrics: Metrics
  readonly log: Log
  /** Milliseconds; below the API server's own timeout, so that it hears our reason and not a broken connection. */
  readonly deadline: number
  /** Reviews at once; the API server tries again, or lets failurePolicy decide, when it is told to wait. */
  readonly maxConcurrent: number
  /** Bytes of large bodies that are held at once: anyone may send them, and a replica has little memory. */
  readonly maxBytes: number
}

/** As long as nearly every review: who sends large ones, and sends them slowly, keeps none of these waiting. */
const FREE_BYTES = 32 * 1024

const PHASES: ReadonlyMap<string | undefined, Phase> = new Map([
  ['/mutate', 'mutate'],
  ['/validate', 'validate'],
])

/** The phase that a request's path asks for; the API server appends `?timeout=3s`. */
export function phaseOf(url: string | undefined): Phase | undefined {
  return PHASES.get(url?.split('?', 1)[0])
}

/**
 * Answers AdmissionReviews on plain node:http requests. These two routes do not go through Express, whose router and
 * body parser cost more than the review itself (bench/webhook.ts).
 */
export function admissionHandler(options: AdmissionOptions) {
  let running = 0
  let held = 0
  const writeDown = decisionLog(options.log)
  /** Counted only now that all of it is here: who sends slowly takes nobody's place. */
  const answerTo = async (body: string, phase: Phase): Promise<AdmissionReview> => {
    if (running >= options.maxConcurrent) throw busy('too many reviews at once')
    running++
    try {
      const admission = parseReview(body)
      const end = options.metrics.startReview()
      const response = await withDeadline(Promise.resolve(options.decide(admission, phase)), options.deadline)
      end(phase, response.allowed)
      writeDown(admission, response)
      return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response }
    } finally {
      running--
    }
  }
  return async (request: IncomingMessage, response: ServerResponse, phase: Phase): Promise<void> => {
    const { metrics, log } = options
    try {
      if (request.method !== 'POST') {
        throw new RequestError(405, 'ERR_METHOD', `${request.method} is not POST`, { allow: 'POST' })
      }
      let [read, own] = [0, 0]
      const take = (bytes: number): void => {
        read += bytes
        const more = Math.max(0, read - FREE_BYTES) - own
        // The rest of it is not read, so the connection cannot be used again.
        if (held + more > options.maxBytes)
          throw busy('too much is being read at once', { connection: 'close' })
        own += more
        held += more
      }
      try {
        send(response, 200, await answerTo(await readBody(request, take), phase))
      } finally {
        held -= own
      }
    } catch (error) {
      const answer = asRequestError(error, log)
      metrics.countError(answer.code)
      send(response, answer.status, { code: answer.code, message: answer.message }, answer.headers)
    }
  }
}

function busy(reason: string, headers: Readonly<Record<string, string>> = {}): RequestError {
  return new RequestError(503, 'ERR_BUSY', reason, { 'retry-after': '1', ...headers })
}

/** An error that was not meant for the caller tells it nothing; its stack goes to the log. */
export function asRequestError(error: unknown, log: Log): RequestError {
  if (error instanceof RequestError) return error
  log.error({ err: error }, 'a bug: the request is answered with 500, and failurePolicy decides')
  return new RequestError(500, 'ERR_INTERNAL', 'the webhook failed; its log says why')
}

export function send(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent || response.destroyed) return
  const text = JSON.stringify(body)
  const length = Buffer.byteLength(text)
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': length, ...headers })
    .end(text)
}

/** The request in an AdmissionReview. Only its envelope is checked here; objects are checked where they are read. */
function parseReview(body: string): AdmissionRequest {
  let review: unknown
  try {
    // The API server wrote this text from its own objects; what tenants wrote is inside of strings.
    review = JSON.parse(body)
  } catch (error) {
    throw new RequestError(
      400,
      'ERR_BODY_NO_JSON',
      `the body is no JSON: ${error instanceof Error ? error.message : ''}`,
    )
  }
  if (!isRecord(review) || review.kind !== 'AdmissionReview') {
    throw new RequestError(400, 'ERR_NO_REVIEW', 'the body is no object of kind "AdmissionReview"')
  }
  if (review.apiVersion !== 'admission.k8s.io/v1') {
    const version = JSON.stringify(review.apiVersion)
    throw new RequestError(
      400,
      'ERR_REVIEW_VERSION',
      `the review has apiVersion ${version}; only "admission.k8s.io/v1" is understood`,
    )
  }
  const { request } = review
  if (!isAdmissionRequest(request)) {
    throw new RequestError(
      400,
      'ERR_NO_REQUEST',
      'the review has no "request" with "uid", "kind", "resource" and "operation"',
    )
  }
  return request
}

function isAdmissionRequest(request: unknown): request is AdmissionRequest {
  return (
    isRecord(request) &&
    typeof request.uid === 'string' &&
    request.uid !== '' &&
    typeof request.operation === 'string' &&
    isRecord(request.kind) &&
    typeof request.kind.kind === 'string' &&
    isRecord(request.resource) &&
    isRecord(request.userInfo ?? {}) &&
    isManifestOrNull(request.object) &&
    isManifestOrNull(request.oldObject)
  )
}

function isManifestOrNull(object: unknown): boolean {
  if (object === undefined || object === null) return true
  return (
    isRecord(object) &&
    typeof object.apiVersion === 'string' &&
    typeof object.kind === 'string' &&
    isRecord(object.metadata)
  )
}

async function withDeadline<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new RequestError(504, 'ERR_DEADLINE', `there was no decision within ${milliseconds} ms`)),
      milliseconds,
    )
  })
  try {
    return await Promise.race([work, deadline])
  } finally {
    clearTimeout(timer)
  }
}
