import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { Agent, request as httpsRequest } from 'node:https'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect } from 'node:tls'
import forge from 'node-forge'
import supertest from 'supertest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ApiServer } from '../../examples/demo/api-server.ts'
import type { Manifest } from '../../src/kube/manifest.ts'
import { pod } from '../../src/policy/example.ts'
import type { Decide } from '../../src/review/context.ts'
import { requestFor } from '../../src/review/request.ts'
import { MAX_BODY_BYTES } from '../../webhook/body.ts'
import { createLog } from '../../webhook/log.ts'
import { Metrics } from '../../webhook/metrics.ts'
import { type RunningServer, startServer } from '../../webhook/server.ts'
import { createAuthority, createLeaf } from '../../webhook/tls/certificates.ts'

const authority = createAuthority(new Date())
const leaf = createLeaf(authority, ['localhost', '127.0.0.1'], new Date())
const allow: Decide = ({ uid }) => ({ uid, allowed: true })
const json = { 'content-type': 'application/json' }
const review = (request: object = requestFor(pod('storage'))) => ({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  request,
})

async function start(change: Partial<Parameters<typeof startServer>[0]> = {}) {
  return startServer({
    decide: allow,
    metrics: new Metrics({ problems: () => 0, staleness: () => 0 }),
    log: createLog('silent'),
    certificate: leaf,
    host: '127.0.0.1',
    port: 0,
    problems: () => [],
    obstacle: () => undefined,
    deadline: 2_500,
    maxConcurrent: 8,
    maxBytes: 32 * 1024 * 1024,
    drainDelay: 0,
    ...change,
  })
}

const urlOf = ({ port }: RunningServer) => `https://127.0.0.1:${port}`

describe('the webhook', () => {
  let server: RunningServer
  const ask = () => supertest.agent(urlOf(server), { ca: authority.cert })
  beforeAll(async () => {
    server = await start({ problems: () => ['tenants.yaml: spec.vlans[0].ids: "x" is no list of VLANs'] })
  })
  afterAll(() => server.close())

  it.each([
    ['127.0.0.1', ['127.0.0.1']],
    ['::1', ['[::1]']],
    // As in a cluster, which may have IPv4, IPv6 or both.
    [undefined, ['127.0.0.1', '[::1]', 'localhost']],
  ])('listens on %s', async (host, names) => {
    const certificate = createLeaf(authority, ['localhost', '127.0.0.1', '::1'], new Date())
    const other = await start({ host, certificate })
    try {
      expect(other.url).toBe(`https://${names.at(-1)}:${other.port}`)
      for (const name of names)
        await supertest
          .agent(`https://${name}:${other.port}`, { ca: authority.cert })
          .get('/healthz')
          .expect(200)
    } finally {
      await other.close()
    }
  })

  it.each(['/mutate', '/validate', '/validate?timeout=3s'])(
    'answers a review at %s with its uid',
    async path => {
      const request = requestFor(pod('storage'))
      const answer = await ask().post(path).send(review(request)).expect(200)
      expect(answer.body).toEqual({
        apiVersion: 'admission.k8s.io/v1',
        kind: 'AdmissionReview',
        response: { uid: request.uid, allowed: true },
      })
    },
  )

  it.each<[what: string, status: number, code: string, body: string]>([
    ['an empty body', 400, 'ERR_BODY_EMPTY', ''],
    ['no JSON', 400, 'ERR_BODY_NO_JSON', '{'],
    ['JSON that is no object', 400, 'ERR_NO_REVIEW', 'null'],
    ['another kind', 400, 'ERR_NO_REVIEW', '{"kind":"Pod","apiVersion":"v1"}'],
    [
      'a v1beta1 review',
      400,
      'ERR_REVIEW_VERSION',
      '{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1beta1"}',
    ],
    ['a review without a request', 400, 'ERR_NO_REQUEST', JSON.stringify({ ...review(), request: null })],
    [
      'a request without a uid',
      400,
      'ERR_NO_REQUEST',
      JSON.stringify(review({ ...requestFor(pod('a')), uid: '' })),
    ],
    [
      'an object without a kind',
      400,
      'ERR_NO_REQUEST',
      JSON.stringify(review({ ...requestFor(pod('a')), object: { metadata: {} } })),
    ],
    ['text that is not UTF-8', 400, 'ERR_BODY_NO_UTF8', 'not-utf8'],
  ])('answers %s with %i %s', async (_, status, code, body) => {
    const bytes = body === 'not-utf8' ? Buffer.from([0x7b, 0xff, 0x7d]) : Buffer.from(body)
    const call = ask().post('/validate').set(json)
    const answer = await (bytes.length === 0
      ? call
      : call.send(bytes.toString('latin1') === body ? body : bytes).serialize(value => value))
    expect([answer.status, answer.body.code]).toEqual([status, code])
    expect(answer.body.message).not.toContain('    at ')
  })

  it('names the version that it understands', async () => {
    const answer = await ask()
      .post('/mutate')
      .send({ ...review(), apiVersion: 'admission.k8s.io/v1beta1' })
    expect(answer.body.message).toBe(
      'the review has apiVersion "admission.k8s.io/v1beta1"; only "admission.k8s.io/v1" is understood',
    )
  })

  it('answers 415 before it reads the body when the content type is wrong', async () => {
    const answer = await ask().post('/validate').set('content-type', 'application/yaml').send('a: b')
    expect([answer.status, answer.body.code]).toEqual([415, 'ERR_CONTENT_TYPE'])
  })

  it.each([
    ['GET', '/validate', 405, 'POST'],
    ['PUT', '/mutate', 405, 'POST'],
    ['POST', '/healthz', 405, 'GET, HEAD'],
    ['DELETE', '/metrics', 405, 'GET, HEAD'],
    ['GET', '/', 404, undefined],
    ['POST', '/validate/../admin', 404, undefined],
  ])('answers %s %s with %i', async (method, path, status, accepted) => {
    const answer = await raw(method, path)
    expect([answer.status, answer.allow]).toEqual([status, accepted])
  })

  const raw = (method: string, path: string) =>
    new Promise<{ status: number | undefined; allow: string | undefined }>((resolve, reject) => {
      const call = httpsRequest(
        { host: '127.0.0.1', port: server.port, ca: authority.cert, method, path, headers: json },
        response => {
          response
            .resume()
            .on('end', () => resolve({ status: response.statusCode, allow: response.headers.allow }))
        },
      )
      call.on('error', reject).end()
    })

  it('answers 413 to a length over the limit, without reading', async () => {
    const answer = await sendLarge({ 'content-length': MAX_BODY_BYTES + 1 }, 0)
    expect(answer).toBe(413)
  })

  it('answers 413 in the middle of a body that says no length', async () => {
    const answer = await sendLarge({ 'transfer-encoding': 'chunked' }, MAX_BODY_BYTES + 1)
    expect(answer).toBe(413)
  })

  const sendLarge = (headers: Record<string, string | number>, bytes: number) =>
    new Promise<number | undefined>((resolve, reject) => {
      const call = httpsRequest(
        {
          host: '127.0.0.1',
          port: server.port,
          ca: authority.cert,
          method: 'POST',
          path: '/validate',
          headers: { ...json, ...headers },
        },
        response => resolve(response.resume().statusCode),
      )
      // The server closes the connection while we still send.
      call.on('error', error =>
        'code' in error && ['EPIPE', 'ECONNRESET'].includes(String(error.code)) ? undefined : reject(error),
      )
      call.flushHeaders()
      if (bytes > 0) call.end(Buffer.alloc(bytes, ' '))
    })

  it('says that it lives, that it is ready, and what is wrong with its files', async () => {
    await ask().get('/healthz').expect(200, { status: 'alive' })
    const answer = await ask().get('/readyz').expect(200)
    expect(answer.body).toEqual({
      status: 'ready',
      problems: ['tenants.yaml: spec.vlans[0].ids: "x" is no list of VLANs'],
    })
  })

  it('counts reviews and errors', async () => {
    await ask().post('/validate').send(review())
    const { text } = await ask().get('/metrics').expect(200)
    expect(text).toMatch(
      /socni_admission_review_duration_seconds_count\{phase="validate",allowed="true"\} [1-9]/,
    )
    expect(text).toMatch(/socni_http_errors_total\{code="ERR_CONTENT_TYPE"\} [1-9]/)
  })

  it('refuses TLS below 1.2', async () => {
    const socket = connect({
      host: '127.0.0.1',
      port: server.port,
      ca: authority.cert,
      maxVersion: 'TLSv1.1',
      minVersion: 'TLSv1',
    })
    const [error] = await once(socket, 'error').catch((reason: unknown) => [reason])
    expect(error).toBeInstanceOf(Error)
  })

  it('is trusted by its own authority alone', async () => {
    await expect(supertest.agent(urlOf(server)).get('/healthz')).rejects.toThrow(/certificate/)
  })
})

/** A decision that waits until the gate is opened, and says when it was asked for. */
function gated() {
  const gate = Promise.withResolvers<void>()
  const entered = Promise.withResolvers<void>()
  const decide: Decide = async ({ uid }) => {
    entered.resolve()
    await gate.promise
    return { uid, allowed: true }
  }
  return { gate, entered, decide }
}

describe('the webhook under stress', () => {
  it('answers 500 to a bug, without its stack, and lets failurePolicy decide', async () => {
    const server = await start({ decide: () => Promise.reject(new Error('secret detail')) })
    const answer = await supertest
      .agent(urlOf(server), { ca: authority.cert })
      .post('/validate')
      .send(review())
    expect([answer.status, answer.body]).toEqual([
      500,
      { code: 'ERR_INTERNAL', message: 'the webhook failed; its log says why' },
    ])
    await server.close()
  })

  it('answers 504 when there is no decision before the deadline', async () => {
    const server = await start({ decide: () => new Promise(() => {}), deadline: 20 })
    const answer = await supertest
      .agent(urlOf(server), { ca: authority.cert })
      .post('/validate')
      .send(review())
    expect([answer.status, answer.body.code]).toEqual([504, 'ERR_DEADLINE'])
    await server.close()
  })

  it('answers 503 to more reviews at once than it takes, and takes the next', async () => {
    const { gate, entered, decide } = gated()
    const server = await start({ maxConcurrent: 1, decide })
    const apiServer = new ApiServer(urlOf(server), authority.cert)
    const first = apiServer.review('validate', requestFor(pod('storage')))
    await entered.promise
    const second = await apiServer.post('/validate', JSON.stringify(review()))
    expect(JSON.parse(second.body).code).toBe('ERR_BUSY')
    gate.resolve()
    expect((await first).allowed).toBe(true)
    expect((await apiServer.review('validate', requestFor(pod('storage')))).allowed).toBe(true)
    apiServer.close()
    await server.close()
  })

  it('keeps nobody waiting for who sends slowly', async () => {
    const server = await start({ maxConcurrent: 1 })
    const slow = connect({ host: '127.0.0.1', port: server.port, ca: authority.cert })
    await once(slow, 'secureConnect')
    slow.write(
      'POST /validate HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{',
    )
    // What was written is there before what is asked next.
    await new Promise(resolve => setTimeout(resolve, 50))
    const apiServer = new ApiServer(urlOf(server), authority.cert)
    expect((await apiServer.review('validate', requestFor(pod('storage')))).allowed).toBe(true)
    slow.destroy()
    apiServer.close()
    await server.close()
  })

  it('answers 503 to more than it has room for, and takes the next', async () => {
    const server = await start({ maxBytes: 4_000 })
    const ask = (object: Manifest) =>
      supertest
        .agent(urlOf(server), { ca: authority.cert })
        .post('/validate')
        .send({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request: requestFor(object) })
    const large = pod('storage', { metadata: { labels: { note: 'x'.repeat(70_000) } } })
    for (let times = 0; times < 3; times++) expect((await ask(large)).body.code).toBe('ERR_BUSY')
    expect((await ask(pod('storage'))).body.response.allowed).toBe(true)
    await server.close()
  })

  it('answers what is running before it ends, and takes nothing new', async () => {
    const { gate, entered, decide } = gated()
    const server = await start({ decide })
    const apiServer = new ApiServer(urlOf(server), authority.cert)
    const running = apiServer.review('validate', requestFor(pod('storage')))
    await entered.promise
    const closed = server.close()
    await new Promise(resolve => setTimeout(resolve, 30))
    await expect(new ApiServer(urlOf(server), authority.cert).post('/validate', '{}')).rejects.toThrow(
      /ECONNREFUSED/,
    )
    gate.resolve()
    expect((await running).allowed).toBe(true)
    await closed
    apiServer.close()
  })

  it('answers while endpoints still bring requests, and sends whoever is connected elsewhere', async () => {
    const server = await start({ drainDelay: 300 })
    // As the API server asks, and no client of one request.
    const ask = () => supertest.agent(urlOf(server), { ca: authority.cert }).set('connection', 'keep-alive')
    expect((await ask().post('/validate').send(review())).headers.connection).toBe('keep-alive')
    const closed = server.close()
    const [ready, answer] = [await ask().get('/readyz'), await ask().post('/validate').send(review())]
    expect([ready.status, ready.body.status, answer.status]).toEqual([503, 'stopping', 200])
    expect([ready.headers.connection, answer.headers.connection]).toEqual(['close', 'close'])
    await closed
  })

  /** Connections that bring no request: one without TLS, one that says nothing, one in the middle of its headers. */
  async function connections({ port }: RunningServer): Promise<Socket[]> {
    const tcp = connectTcp({ host: '127.0.0.1', port })
    const silent = connect({ host: '127.0.0.1', port, ca: authority.cert })
    const slow = connect({ host: '127.0.0.1', port, ca: authority.cert })
    await Promise.all([once(tcp, 'connect'), once(silent, 'secureConnect'), once(slow, 'secureConnect')])
    slow.write('POST /validate HTTP/1.1\r\nhost: a\r\n')
    return [tcp, silent, slow]
  }

  const end = (sockets: readonly Socket[]) =>
    Promise.all(sockets.map(socket => once(socket.resume(), 'close')))

  // Both wait for the same five seconds.
  it.concurrent('closes connections that bring no request', async () => {
    const server = await start()
    await end(await connections(server))
    await server.close()
  }, 15_000)

  it.concurrent('ends although there are connections that bring no request', async () => {
    const server = await start()
    const held = await connections(server)
    await Promise.all([server.close(), end(held)])
  }, 15_000)

  it('serves clients with a certificate of the given authority only', async () => {
    const clients = createAuthority(new Date())
    const server = await start({ clientCa: clients.cert })
    const call = (options: object) =>
      new Promise<number | undefined>((resolve, reject) => {
        const agent = new Agent({ ca: authority.cert, ...options })
        const sent = httpsRequest(
          { host: '127.0.0.1', port: server.port, path: '/healthz', agent },
          response => resolve(response.resume().statusCode),
        )
        sent.on('error', reject).end()
      })
    await expect(call({})).rejects.toThrow()
    await expect(call({ cert: leaf.cert, key: leaf.key })).rejects.toThrow()
    expect(await call(clientCertificate(clients))).toBe(200)
    await server.close()
  })
})

/** A certificate for TLS clients, as cluster admins make one for the API server. */
function clientCertificate(authority: { cert: string; key: string }) {
  const keys = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const certificate = forge.pki.createCertificate()
  certificate.publicKey = forge.pki.publicKeyFromPem(keys.publicKey)
  certificate.serialNumber = '02'
  certificate.validity.notAfter = new Date(Date.now() + 60_000)
  certificate.setSubject([{ name: 'commonName', value: 'kube-apiserver' }])
  certificate.setIssuer(forge.pki.certificateFromPem(authority.cert).subject.attributes)
  certificate.setExtensions([{ name: 'extKeyUsage', clientAuth: true }])
  certificate.sign(forge.pki.privateKeyFromPem(authority.key), forge.md.sha256.create())
  return { cert: forge.pki.certificateToPem(certificate), key: keys.privateKey }
}
