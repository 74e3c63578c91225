import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import type { Manifest } from '../../src/kube/manifest.ts'
import { isRecord } from '../../src/kube/manifest.ts'
import { type ControlPlane, freePort } from './control-plane.ts'
import { readiness } from './readiness.ts'

const root = join(import.meta.dirname, '../..')

/** One replica of the webhook, as a process of its own. */
export interface Replica {
  readonly port: number
  readonly process: ChildProcess
  log(): string
  end(signal?: NodeJS.Signals): Promise<void>
}

/**
 * Installs the manifests of an overlay on a control plane, with the webhook as a process of this machine: the API server
 * calls it by its address, or by the port of something that balances, since nothing routes Services here. Everything else
 * is as it is written, RBAC included.
 */
export async function install(
  plane: ControlPlane,
  port?: number,
  environment: Readonly<Record<string, string>> = {},
  beforeHooks: () => void = () => {},
): Promise<Replica> {
  plane.kubectl(['apply', '-f', join(import.meta.dirname, 'nad-crd.yaml')])
  const manifests = render(plane, 'k3s')
  const isCrd = ({ kind }: Manifest) => kind === 'CustomResourceDefinition'
  apply(plane, manifests.filter(isCrd))
  for (const name of ['tenants.socni.dev', 'network-attachment-definitions.k8s.cni.cncf.io'])
    plane.kubectl(['wait', '--for=condition=Established', `crd/${name}`, '--timeout=30s'])
  apply(
    plane,
    manifests.filter(manifest => manifest.kind === 'Namespace'),
  )
  apply(
    plane,
    manifests.filter(manifest => !isHook(manifest) && !isCrd(manifest)),
  )
  beforeHooks()
  const replica = await startReplica(plane, await freePort(), environment)
  applyHooks(plane, port ?? replica.port)
  await until(() => caBundles(plane, PATCHED_LAST).size > 0)
  return replica
}

/** The configuration that the webhook patches last; the other one is patched by then. */
export const PATCHED_LAST = 'validatingwebhookconfigurations'

/** Whom the API server trusts as the webhook: bundles (base64) of its configurations, which are one when all is well. */
export function caBundles(
  plane: ControlPlane,
  kinds = `mutatingwebhookconfigurations,${PATCHED_LAST}`,
): ReadonlySet<string> {
  const path = 'jsonpath={.items[*].webhooks[*].clientConfig.caBundle}'
  return new Set(
    plane
      .kubectl(['get', kinds, '-o', path])
      .split(' ')
      .filter(bundle => bundle !== ''),
  )
}

/** Applies the webhook configurations, for the first time or again. */
export function applyHooks(plane: ControlPlane, port: number): void {
  const hooks = render(plane, 'k3s').filter(isHook)
  apply(
    plane,
    hooks.map(manifest => withAddress(manifest, port)),
  )
}

export async function startReplica(
  plane: ControlPlane,
  port: number,
  environment: Readonly<Record<string, string>> = {},
): Promise<Replica> {
  const logFile = join(plane.directory, `webhook-${port}.log`)
  const file = openSync(logFile, 'a')
  const args = [
    'webhook/main.ts',
    '--cluster=true',
    `--kubeconfig=${plane.kubeconfig('webhook')}`,
    `--port=${port}`,
    '--names=localhost,127.0.0.1',
  ]
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', file, file],
    env: { PATH: '', ...environment },
  })
  const log = () => readFileSync(logFile, 'utf8')
  try {
    await until(async () => {
      if (child.exitCode !== null) throw new Error(`the webhook ended\n${log()}`)
      return (await readiness(port)) === 200
    })
  } catch (error) {
    child.kill('SIGKILL')
    throw new Error(`${String(error)}\n${log()}`)
  }
  return {
    port,
    process: child,
    log,
    end: async (signal = 'SIGTERM') => {
      const ended = once(child, 'exit')
      if (child.kill(signal)) await ended
    },
  }
}

const isHook = ({ kind }: Manifest): boolean => kind.endsWith('WebhookConfiguration')

function render(plane: ControlPlane, overlay: string): Manifest[] {
  const text = plane.kubectl(['kustomize', join(root, 'manifests/overlays', overlay)])
  return parseAllDocuments(text).map(document => document.toJS())
}

function apply(plane: ControlPlane, items: readonly Manifest[]): void {
  plane.kubectl(
    ['apply', '--server-side', '-f', '-'],
    JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
  )
}

function withAddress(manifest: Manifest, port: number): Manifest {
  const webhooks = Array.isArray(manifest.webhooks) ? manifest.webhooks : []
  return {
    ...manifest,
    webhooks: webhooks.map(webhook => {
      const { service } = isRecord(webhook.clientConfig) ? webhook.clientConfig : {}
      const path = isRecord(service) ? service.path : ''
      return { ...webhook, clientConfig: { url: `https://127.0.0.1:${port}${path}` } }
    }),
  }
}

/** Asks until the answer is yes, thirty seconds at most; an error is a no, and the last one is told. */
export async function until(ask: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 30_000
  let last: unknown
  for (;;) {
    try {
      if (await ask()) return
    } catch (error) {
      last = error
    }
    if (Date.now() > end) throw new Error('it did not happen within 30 s', { cause: last })
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}
