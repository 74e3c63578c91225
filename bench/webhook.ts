import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, createServer, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import express from 'express'
import { stringify } from 'yaml'
import { ApiServer } from '../examples/demo/api-server.ts'
import { attachment, exampleWorld, macvlanConfig, pod } from '../src/policy/example.ts'
import { requestFor } from '../src/review/request.ts'
import { readFlags } from '../webhook/flags.ts'
import { createLog } from '../webhook/log.ts'
import { startService } from '../webhook/service.ts'
import { createAuthority, createLeaf } from '../webhook/tls/certificates.ts'
import { median, quantile, row } from './measure.ts'

/** Connections at once, as an API server keeps them, and requests on each in one round. */
const CONNECTIONS = 16
const REQUESTS = 150
const ROUNDS = 5

interface Target {
  readonly name: string
  readonly url: string
  readonly path: string
  readonly body: string
}

/**
 * Reviews per second over kept-alive TLS connections, beside a bare node:https echo and the same echo behind Express,
 * round by round in turn. Client and server share one process and its core, so the ratio is what counts.
 */
export async function benchWebhook(print: (line: string) => void): Promise<void> {
  const state = mkdtempSync(join(tmpdir(), 'socni-bench-'))
  const policyDirectory = mkdtempSync(join(state, 'policy-'))
  const second = attachment({ ...macvlanConfig(), name: 'second', master: 'eth0.200' }, { name: 'second' })
  writeFileSync(
    join(policyDirectory, 'world.yaml'),
    [...exampleWorld, second].map(manifest => stringify(manifest)).join('---\n'),
  )
  const service = await startService({
    configuration: readFlags(
      ['--state', state, '--policy', policyDirectory, '--port', '0', '--log-level', 'fatal'],
      {},
    ),
    log: createLog('fatal'),
    clock: () => new Date(),
    pollInterval: 60_000,
    drainDelay: 0,
  })
  const apiServer = new ApiServer(service.url, service.authority)
  const { object: admitted } = await apiServer.create(pod('storage,second'), 'finance')
  apiServer.close()

  const authority = createAuthority(new Date())
  const tls = createLeaf(authority, ['127.0.0.1'], new Date())
  const echo = createServer(tls, (incoming, outgoing) => {
    const chunks: Buffer[] = []
    incoming
      .on('data', chunk => chunks.push(chunk))
      .on('end', () => outgoing.setHeader('content-type', 'application/json').end(Buffer.concat(chunks)))
  })
  const viaExpress = createServer(
    tls,
    express()
      .use(express.json({ limit: '7mb' }))
      .post('/validate', (incoming, outgoing) => void outgoing.json(incoming.body)),
  )
  const urls: string[] = []
  for (const server of [echo, viaExpress]) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    urls.push(`https://127.0.0.1:${(server.address() as AddressInfo).port}`)
  }

  const review = (object: ReturnType<typeof pod>) =>
    JSON.stringify({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      request: requestFor(object),
    })
  const targets: Target[] = [
    { name: 'bare node:https echo', url: urls[0] ?? '', path: '/validate', body: review(admitted) },
    { name: 'the same echo behind Express', url: urls[1] ?? '', path: '/validate', body: review(admitted) },
    {
      name: 'validate, pod without networks',
      url: service.url,
      path: '/validate',
      body: review(pod(undefined)),
    },
    {
      name: 'validate, pod with two networks and claims',
      url: service.url,
      path: '/validate',
      body: review(admitted),
    },
    { name: 'mutate, pod without networks', url: service.url, path: '/mutate', body: review(pod(undefined)) },
    {
      name: 'mutate, pod with two networks (signs two)',
      url: service.url,
      path: '/mutate',
      body: review(pod('storage,second')),
    },
  ]
  const agents = new Map(
    targets.map(({ url }) => [
      url,
      new Agent({ keepAlive: true, maxSockets: CONNECTIONS, ca: [authority.cert, service.authority ?? ''] }),
    ]),
  )
  const rates = new Map<Target, number[]>()
  const latencies = new Map<Target, number[]>()
  for (let round = -1; round < ROUNDS; round++) {
    for (const target of targets) {
      const agent = agents.get(target.url)
      const { rate, times } = await load(target, agent)
      // The first round opens connections and warms the code up.
      if (round < 0) continue
      rates.set(target, [...(rates.get(target) ?? []), rate])
      latencies.set(target, [...(latencies.get(target) ?? []), ...times])
    }
  }
  const base = median(rates.get(targets[0] ?? { name: '', url: '', path: '', body: '' }) ?? [])
  print(`\nadmission over TLS, ${CONNECTIONS} connections, median of ${ROUNDS} rounds`)
  print(row('', 'per second', 'of bare', 'p50 ms', 'p99 ms'))
  for (const target of targets) {
    const rate = median(rates.get(target) ?? [])
    const times = latencies.get(target) ?? []
    print(
      row(
        target.name,
        rate.toFixed(0),
        `${((rate / base) * 100).toFixed(0)} %`,
        quantile(times, 0.5).toFixed(2),
        quantile(times, 0.99).toFixed(2),
      ),
    )
  }
  for (const agent of agents.values()) agent.destroy()
  for (const server of [echo, viaExpress]) server.close()
  await service.close()
  rmSync(state, { recursive: true })
}

async function load(target: Target, agent: Agent | undefined): Promise<{ rate: number; times: number[] }> {
  const times: number[] = []
  const start = performance.now()
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      for (let index = 0; index < REQUESTS; index++) {
        const sent = performance.now()
        await post(target, agent)
        times.push(performance.now() - sent)
      }
    }),
  )
  return { rate: (CONNECTIONS * REQUESTS * 1000) / (performance.now() - start), times }
}

function post({ url, path, body }: Target, agent: Agent | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const call = request(url + path, { method: 'POST', headers, ...(agent && { agent }) }, response => {
      if (response.statusCode !== 200) reject(new Error(`${url}${path} answered ${response.statusCode}`))
      response.resume().on('end', resolve)
    })
    call.on('error', reject).end(body)
  })
}
