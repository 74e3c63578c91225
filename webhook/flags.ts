import { parseArgs } from 'node:util'
import { REPORT_APIS, type ReportApi } from './audit/reports.ts'

/** How the webhook is run: flags, and environment variables of the same name for containers. */
export interface Configuration {
  /** Directory of keys, certificates and, in `policy`, the embedded policy. */
  readonly stateDirectory: string
  readonly policyDirectory: string
  /** Where to listen; undefined: on all addresses, whether the node has IPv4, IPv6 or both. */
  readonly host: string | undefined
  readonly port: number
  /** DNS names and IP addresses that the API server calls the webhook by. */
  readonly names: readonly string[]
  readonly tlsCert: string | undefined
  readonly tlsKey: string | undefined
  readonly clientCa: string | undefined
  /** Policy, keys and certificates are the cluster's, not those of a directory. */
  readonly isInCluster: boolean
  /** With which the API server is asked; undefined: as a pod, or KUBECONFIG. */
  readonly kubeconfig: string | undefined
  /** What the audit writes its findings to; undefined: nothing. */
  readonly reports: ReportApi | undefined
  /** Seconds from one audit to the next. */
  readonly auditInterval: number
  readonly logLevel: string
  /** The API server's service, as the kubelet tells every pod of it; undefined: this is none. */
  readonly apiServerService: string | undefined
}

export class UsageError extends Error {
  readonly code = 'ERR_SOCNI_USAGE'
}

const FLAGS = {
  state: { default: '.socni', help: 'directory of keys and certificates, made on first start' },
  policy: { default: '', help: 'directory of policy YAML (default: "policy" in the state directory)' },
  host: { default: '', help: 'address to listen on (default: 127.0.0.1; with --cluster all there are)' },
  port: { default: '8443', help: 'port to listen on; 0 chooses a free one' },
  names: {
    default: 'localhost,127.0.0.1',
    help: 'names and addresses of the serving certificate, with commas',
  },
  'tls-cert': { default: '', help: 'certificate file of your own, re-read when it changes' },
  'tls-key': { default: '', help: 'its private key' },
  'client-ca': { default: '', help: 'authority of the client certificates that callers must have' },
  cluster: { default: '', help: '"true": policy, keys and certificates from the API server' },
  kubeconfig: { default: '', help: 'kubeconfig for --cluster (default: as a pod, or KUBECONFIG)' },
  reports: {
    default: 'openreports',
    help: 'openreports, wgpolicyk8s or none: where --cluster reports what is there',
  },
  'audit-interval': { default: '600', help: 'seconds from one audit of what is there to the next' },
  'log-level': { default: 'info', help: 'fatal, error, warn, info, debug or trace' },
} as const

type Flag = keyof typeof FLAGS

/** The text of --help. */
export function usage(): string {
  const lines = Object.entries(FLAGS).map(([flag, { default: value, help }]) => {
    const shown = value === '' ? '' : ` (default: ${value})`
    return `  --${flag.padEnd(14)} ${help}${shown}`
  })
  return `Usage: npm start -- [options]\n\n${lines.join('\n')}\n\nEach option is also read from the environment: SOCNI_PORT, SOCNI_TLS_CERT, …\n`
}

/** Reads flags, then SOCNI_… variables, then defaults; an empty one says nothing. Throws a UsageError that names the flag. */
export function readFlags(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Configuration {
  const options = Object.fromEntries(Object.keys(FLAGS).map(flag => [flag, { type: 'string' as const }]))
  let flags: Record<string, unknown>
  try {
    flags = parseArgs({ args: [...args], options, strict: true }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
  const isGiven = (flag: Flag): boolean => typeof flags[flag] === 'string' && flags[flag] !== ''
  const value = (flag: Flag): string =>
    (isGiven(flag) ? String(flags[flag]) : environment[variableOf(flag)]) || FLAGS[flag].default
  /** As it was written, for a message. */
  const said = (flag: Flag): string => {
    const isVariable = !isGiven(flag) && Boolean(environment[variableOf(flag)])
    return `${isVariable ? variableOf(flag) : `--${flag}`} "${value(flag)}"`
  }
  const port = Number(value('port'))
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new UsageError(`${said('port')} is no port: use 0 to 65535`)
  if ((value('tls-cert') === '') !== (value('tls-key') === ''))
    throw new UsageError('--tls-cert and --tls-key belong together')
  const isTrue = (flag: Flag): boolean => {
    if (!['', 'true', 'false'].includes(value(flag)))
      throw new UsageError(`${said(flag)} is neither "true" nor "false"`)
    return value(flag) === 'true'
  }
  const isInCluster = isTrue('cluster')
  const reports = value('reports')
  if (reports !== 'none' && !isReportApi(reports))
    throw new UsageError(`${said('reports')} is none: use openreports, wgpolicyk8s or none`)
  const auditInterval = Number(value('audit-interval'))
  if (!Number.isInteger(auditInterval) || auditInterval < 1)
    throw new UsageError(`${said('audit-interval')} is no number of seconds`)
  const level = value('log-level')
  if (!['fatal', 'error', 'warn', 'info', 'debug', 'trace'].includes(level)) {
    throw new UsageError(`${said('log-level')} is none: use fatal, error, warn, info, debug or trace`)
  }
  return {
    stateDirectory: value('state'),
    policyDirectory: value('policy') || `${value('state')}/policy`,
    host: value('host') || (isInCluster ? undefined : '127.0.0.1'),
    port,
    names: value('names')
      .split(',')
      .map(name => name.trim())
      .filter(name => name !== ''),
    tlsCert: value('tls-cert') || undefined,
    tlsKey: value('tls-key') || undefined,
    clientCa: value('client-ca') || undefined,
    isInCluster,
    kubeconfig: value('kubeconfig') || undefined,
    reports: reports === 'none' ? undefined : reports,
    auditInterval,
    logLevel: level,
    apiServerService: environment.KUBERNETES_SERVICE_HOST,
  }
}

function variableOf(flag: Flag): string {
  return `SOCNI_${flag.toUpperCase().replaceAll('-', '_')}`
}

function isReportApi(text: string): text is ReportApi {
  return Object.hasOwn(REPORT_APIS, text)
}
