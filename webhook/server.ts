import { once } from 'node:events'
import { createServer, type Server } from 'node:https'
import { type AddressInfo, isIPv6 } from 'node:net'
import express, { type ErrorRequestHandler, type Express } from 'express'
import { type AdmissionOptions, admissionHandler, asRequestError, phaseOf, send } from './admission.ts'
import { RequestError } from './request-error.ts'
import type { CertificatePair } from './tls/certificates.ts'

export interface ServerOptions extends AdmissionOptions {
  readonly certificate: CertificatePair
  /** undefined: all addresses. */
  readonly host: string | undefined
  /** 0 chooses a free port. */
  readonly port: number
  /** What is wrong with its files. It goes on with what they said before, so it stays ready, and says so. */
  readonly problems: () => readonly string[]
  /** Why nothing can be decided yet, or any more; undefined: it can. */
  readonly obstacle: () => string | undefined
  /** With it, only clients with a certificate of this authority are served (the API server's, see docs/operations.md). */
  readonly clientCa?: string | undefined
  /** How long readiness fails before connections are refused, in milliseconds. */
  readonly drainDelay: number
}

export interface RunningServer {
  readonly port: number
  /** By which it can be called from here. */
  readonly url: string
  /** Serves this certificate from the next connection on. */
  setCertificate(certificate: CertificatePair): void
  /** Fails readiness, waits until endpoints drop us, answers what is running, and ends. */
  close(): Promise<void>
}

/** Starts the HTTPS server of the webhook; resolves when it listens. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  let isDraining = false
  const admit = admissionHandler(options)
  const app = createApp(options, () => isDraining)
  const server = createServer(
    { ...tlsOptions(options.certificate, options.clientCa), ...limits },
    (request, response) => {
      // Whoever is still connected comes back to another replica: an API server keeps what it asks often for ever.
      if (isDraining || options.obstacle() !== undefined) response.setHeader('connection', 'close')
      const phase = phaseOf(request.url)
      if (phase === undefined) app(request, response)
      else void admit(request, response, phase)
    },
  )
  // More than the API servers of a cluster ever open, and few enough that sockets cannot run out.
  server.maxConnections = 1024
  server.on('tlsClientError', error => options.log.debug({ err: error }, 'a TLS handshake failed'))
  server.listen(options.port, options.host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const { host = 'localhost' } = options
  return {
    port,
    url: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    setCertificate: certificate => server.setSecureContext(tlsOptions(certificate, options.clientCa)),
    close: async () => {
      isDraining = true
      await new Promise(resolve => setTimeout(resolve, options.drainDelay))
      await closeServer(server)
    },
  }
}

const limits = {
  // A client that sends its request slowly, or none, does not hold a connection for longer than any review lasts.
  handshakeTimeout: 5_000,
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
  // The API server drops a connection that was idle for 90 s (apimachinery util/net SetTransportDefaults). Whoever drops
  // it first may do so under a request, as at the start of each minute, when CronJobs make their pods; so it is never us.
  keepAliveTimeout: 120_000,
  maxHeaderSize: 16_384,
}

/** Longer than a review lasts: whoever is still connected so long after the last one was let in has asked for none. */
const LAST_REVIEW_MS = 5_000

function tlsOptions({ cert, key }: CertificatePair, clientCa: string | undefined) {
  const client = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true }
  return { cert, key, minVersion: 'TLSv1.2' as const, ...client }
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  // A kept-alive connection becomes idle only when its running request was answered, and one that was never used does not.
  const sweep = setInterval(() => server.closeIdleConnections(), 20)
  const cut = setTimeout(() => server.closeAllConnections(), LAST_REVIEW_MS)
  await closed
  clearInterval(sweep)
  clearTimeout(cut)
}

/** Everything but the two admission routes. */
function createApp({ metrics, problems, obstacle, log }: ServerOptions, isDraining: () => boolean): Express {
  const app = express()
  app.disable('x-powered-by')
  app.set('etag', false)
  app.get('/healthz', (_request, response) => send(response, 200, { status: 'alive' }))
  app.get('/readyz', (_request, response) => {
    const reason = isDraining() ? 'stopping' : obstacle()
    send(response, reason === undefined ? 200 : 503, { status: reason ?? 'ready', problems: problems() })
  })
  app.get('/metrics', async (_request, response) => {
    response.type(metrics.registry.contentType).end(await metrics.registry.metrics())
  })
  app.all(['/healthz', '/readyz', '/metrics'], request => {
    throw new RequestError(405, 'ERR_METHOD', `${request.method} is not GET`, { allow: 'GET, HEAD' })
  })
  app.use(request => {
    throw new RequestError(
      404,
      'ERR_NOT_FOUND',
      `there is no ${request.path}: the routes are /mutate, /validate, /healthz, /readyz, /metrics`,
    )
  })
  const answerError: ErrorRequestHandler = (error, _request, response, _next) => {
    const answer = asRequestError(error, log)
    metrics.countError(answer.code)
    send(response, answer.status, { code: answer.code, message: answer.message }, answer.headers)
  }
  return app.use(answerError)
}
