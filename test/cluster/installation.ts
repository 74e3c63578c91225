import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ControlPlane } from './control-plane.ts'
import { endProcess, startProcess } from './processes.ts'
import { type Address, readiness } from './readiness.ts'

const root = join(import.meta.dirname, '../..')

/** How long a kubelet waits (terminationGracePeriodSeconds in manifests/base/webhook.yaml). */
const GRACE_MS = 30_000

/** One replica of the webhook, as a process of its own. */
export interface Replica {
  readonly address: Address
  readonly process: ChildProcess
  log(): string
  end(signal?: NodeJS.Signals): Promise<void>
}

/**
 * Installs what a person installs, by the same command, with one replica at the address of the Service, until the API
 * server trusts it.
 */
export async function install(
  plane: ControlPlane,
  environment: Readonly<Record<string, string>> = {},
): Promise<Replica> {
  applyDefinitions(plane)
  applyManifests(plane)
  const replica = await startReplica(plane, serviceAddress(plane), environment)
  await until(() => caBundles(plane, PATCHED_LAST).size > 0)
  return replica
}

/** The kinds that there are before anything else: NADs, which Multus brings, and Tenants. */
export function applyDefinitions(plane: ControlPlane): void {
  plane.kubectl(['apply', '-f', join(import.meta.dirname, 'nad-crd.yaml')])
  plane.kubectl(['apply', '--server-side', '-k', join(root, 'manifests/crds')])
  for (const name of ['tenants.socni.dev', 'network-attachment-definitions.k8s.cni.cncf.io'])
    plane.kubectl(['wait', '--for=condition=Established', `crd/${name}`, '--timeout=30s'])
}

/** Applies an overlay, for the first time or again. */
export function applyManifests(plane: ControlPlane, overlay = 'k3s'): void {
  plane.kubectl(['apply', '--server-side', '-k', join(root, 'manifests/overlays', overlay)])
}

/** Where the API server looks for the webhook; who listens there stands in for kube-proxy. */
export function serviceAddress(plane: ControlPlane): Address {
  const path = 'jsonpath={.spec.clusterIP} {.spec.ports[0].port}'
  const service = plane.kubectl(['-n', 'socni-system', 'get', 'service', 'socni-webhook', '-o', path])
  const [host = '', port = ''] = service.split(' ')
  return { host, port: Number(port) }
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

/** What the webhook publishes to the nodes: the texts of the ConfigMap that the guard's DaemonSet mounts. */
export function publishedTexts(plane: ControlPlane): Readonly<Record<string, string>> {
  const map = plane.kubectl(['-n', 'socni-system', 'get', 'configmap', 'socni-keys', '-o', 'json'])
  return JSON.parse(map).data
}

/** How a kubelet is told to start something of SOCNI: arguments, and environment on a node called node-1. */
export function containerOf(plane: ControlPlane, kind: 'deployment' | 'daemonset', name: string) {
  const object = plane.kubectl(['-n', 'socni-system', 'get', kind, name, '-o', 'json'])
  const [container] = JSON.parse(object).spec.template.spec.containers
  const env = (container.env as { name: string; value?: string }[]).map(
    variable => [variable.name, variable.value ?? 'node-1'] as const,
  )
  return { args: container.args as string[], env: Object.fromEntries(env) }
}

/**
 * Starts a replica as its Deployment says, with its arguments and environment; no kubelet does it here.
 * @param environment What is told to it besides.
 * @param mount Where the volumes of its pod are, instead of under /etc/socni.
 */
export async function startReplica(
  plane: ControlPlane,
  address: Address,
  environment: Readonly<Record<string, string>> = {},
  mount = '/etc/socni',
): Promise<Replica> {
  const container = containerOf(plane, 'deployment', 'socni-webhook')
  const logFile = join(plane.directory, `webhook-${address.host}-${address.port}.log`)
  const args = [
    'webhook/main.ts',
    ...container.args.map(arg => arg.replace('/etc/socni', mount)),
    `--kubeconfig=${plane.kubeconfig('webhook')}`,
    `--host=${address.host}`,
    `--port=${address.port}`,
  ]
  const child = startProcess(process.execPath, args, logFile, {
    cwd: root,
    env: { ...container.env, ...environment },
  })
  const log = () => readFileSync(logFile, 'utf8')
  try {
    await until(async () => {
      if (child.exitCode !== null) throw new Error(`the webhook ended\n${log()}`)
      return (await readiness(address)) === 200
    })
  } catch (error) {
    await endProcess(child, 'SIGKILL')
    throw new Error(`${String(error)}\n${log()}`)
  }
  return {
    address,
    process: child,
    log,
    end: signal => endProcess(child, signal, GRACE_MS),
  }
}

/** Asks until the answer is yes, thirty seconds at most by default; an error is a no, and the last one is told. */
export async function until(ask: () => boolean | Promise<boolean>, seconds = 30): Promise<void> {
  const end = Date.now() + seconds * 1_000
  let last: unknown
  for (;;) {
    try {
      if (await ask()) return
    } catch (error) {
      last = error
    }
    if (Date.now() > end) throw new Error(`it did not happen within ${seconds} s`, { cause: last })
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}
