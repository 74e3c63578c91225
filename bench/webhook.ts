import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, createServer, request, type Server } from 'node:https'
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
import { type RunningService, startService } from '../webhook/service.ts'
import { type CertificatePair, createAuthority, createLeaf } from '../webhook/tls/certificates.ts'
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

/** What was measured of a target: a rate for each round, and the milliseconds of each request. */
interface Measured {
  readonly target: Target
  readonly rates: number[]
  readonly times: number[]
}

/**
 * Reviews per second over kept-alive TLS connections, beside a bare node:https echo and the same echo behind Express,
 * round by round in turn. Client and server share one process and its core, so the ratio is what counts.
 */
export async function benchWebhook(print: (line: string) => void): Promise<void> {
  const state = mkdtempSync(join(tmpdir(), 'socni-bench-'))
  const service = await startWebhook(state)
  const authority = createAuthority(new Date())
  const echoes = await startEchoes(createLeaf(authority, ['127.0.0.1'], new Date()))
  const ca = [authority.cert, service.authority ?? '']
  const measured = await measureInTurn(await targetsOf(service, echoes.map(urlOf)), ca)
  for (const server of echoes) server.close()
  await service.close()
  rmSync(state, { recursive: true })

  const base = median(measured[0]?.rates ?? [])
  print(`\nadmission over TLS, ${CONNECTIONS} connections, median of ${ROUNDS} rounds`)
  print(row('', 'per second', 'of bare', 'p50 ms', 'p99 ms'))
  for (const { target, rates, times } of measured) {
    const rate = median(rates)
    const share = `${((rate / base) * 100).toFixed(0)} %`
    const [half, most] = [0.5, 0.99].map(part => quantile(times, part).toFixed(2))
    print(row(target.name, rate.toFixed(0), share, half ?? '', most ?? ''))
  }
}

async function startWebhook(state: string): Promise<RunningService> {
  const policyDirectory = mkdtempSync(join(state, 'policy-'))
  const second = attachment({ ...macvlanConfig(), name: 'second', master: 'eth0.200' }, { name: 'second' })
  const manifests = [...exampleWorld, second].map(manifest => stringify(manifest))
  writeFileSync(join(policyDirectory, 'world.yaml'), manifests.join('---\n'))
  const flags = ['--state', state, '--policy', policyDirectory, '--port', '0', '--log-level', 'fatal']
  return startService({
    configuration: readFlags(flags, {}),
    log: createLog('fatal'),
    clock: () => new Date(),
    pollInterval: 60_000,
    drainDelay: 0,
  })
}

/** Servers that answer with what they were sent: a bare one, and one behind Express. */
async function startEchoes(tls: CertificatePair): Promise<Server[]> {
  const bare = createServer(tls, (incoming, outgoing) => {
    const chunks: Buffer[] = []
    incoming
      .on('data', chunk => chunks.push(chunk))
      .on('end', () => outgoing.setHeader('content-type', 'application/json').end(Buffer.concat(chunks)))
  })
  const app = express()
    .use(express.json({ limit: '7mb' }))
    .post('/validate', (incoming, outgoing) => void outgoing.json(incoming.body))
  const servers = [bare, createServer(tls, app)]
  for (const server of servers) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  }
  return servers
}

function urlOf(server: Server): string {
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function targetsOf(service: RunningService, [bare = '', express = '']: string[]): Promise<Target[]> {
  const apiServer = new ApiServer(service.url, service.authority)
  const { object: admitted } = await apiServer.create(pod('storage,second'), 'finance')
  apiServer.close()
  const validate = (name: string, url: string, object: ReturnType<typeof pod>): Target => ({
    name,
    url,
    path: '/validate',
    body: review(object),
  })
  const mutate = (name: string, object: ReturnType<typeof pod>): Target => ({
    ...validate(name, service.url, object),
    path: '/mutate',
  })
  return [
    validate('bare node:https echo', bare, admitted),
    validate('the same echo behind Express', express, admitted),
    validate('validate, pod without networks', service.url, pod(undefined)),
    validate('validate, pod with two networks and claims', service.url, admitted),
    mutate('mutate, pod without networks', pod(undefined)),
    mutate('mutate, pod with two networks (signs two)', pod('storage,second')),
  ]
}

function review(object: ReturnType<typeof pod>): string {
  return JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: requestFor(object),
  })
}

async function measureInTurn(targets: readonly Target[], ca: string[]): Promise<Measured[]> {
  const measured = targets.map(target => ({ target, rates: [] as number[], times: [] as number[] }))
  const open = () => new Agent({ keepAlive: true, maxSockets: CONNECTIONS, ca })
  const agents = new Map(targets.map(({ url }) => [url, open()]))
  for (let round = -1; round < ROUNDS; round++) {
    for (const { target, rates, times } of measured) {
      const loaded = await load(target, agents.get(target.url))
      // The first round opens connections and warms the code up.
      if (round < 0) continue
      rates.push(loaded.rate)
      times.push(...loaded.times)
    }
  }
  for (const agent of agents.values()) agent.destroy()
  return measured
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
