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
  const given = new GivenFlags(args, environment)
  const tlsCert = given.text('tls-cert')
  const tlsKey = given.text('tls-key')
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new UsageError('--tls-cert and --tls-key belong together')
  const isInCluster = given.oneOf('cluster', ['', 'true', 'false'], 'neither "true" nor "false"') === 'true'
  const stateDirectory = given.value('state')
  const reports = given.oneOf('reports', REPORTS, 'none: use openreports, wgpolicyk8s or none')
  return {
    stateDirectory,
    policyDirectory: given.text('policy') ?? `${stateDirectory}/policy`,
    host: given.text('host') ?? (isInCluster ? undefined : '127.0.0.1'),
    port: given.integer('port', 0, 65_535, 'no port: use 0 to 65535'),
    names: given.list('names'),
    tlsCert,
    tlsKey,
    clientCa: given.text('client-ca'),
    isInCluster,
    kubeconfig: given.text('kubeconfig'),
    reports: reports === 'none' ? undefined : reports,
    auditInterval: given.integer(
      'audit-interval',
      1,
      Number.MAX_SAFE_INTEGER,
      'no number of seconds: use 1 or more',
    ),
    logLevel: given.oneOf('log-level', LEVELS, 'none: use fatal, error, warn, info, debug or trace'),
    apiServerService: environment.KUBERNETES_SERVICE_HOST,
  }
}

const REPORTS = [...(Object.keys(REPORT_APIS) as ReportApi[]), 'none'] as const
const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const

function variableOf(flag: Flag): string {
  return `SOCNI_${flag.toUpperCase().replaceAll('-', '_')}`
}

class GivenFlags {
  readonly #flags: Readonly<Record<string, unknown>>
  readonly #environment: Readonly<Record<string, string | undefined>>

  constructor(args: readonly string[], environment: Readonly<Record<string, string | undefined>>) {
    const options = Object.fromEntries(Object.keys(FLAGS).map(flag => [flag, { type: 'string' as const }]))
    try {
      this.#flags = parseArgs({ args: [...args], options, strict: true }).values
    } catch (error) {
      throw new UsageError(error instanceof Error ? error.message : String(error))
    }
    this.#environment = environment
  }

  value(flag: Flag): string {
    const written = this.#isWritten(flag) ? String(this.#flags[flag]) : this.#environment[variableOf(flag)]
    return written || FLAGS[flag].default
  }

  text(flag: Flag): string | undefined {
    return this.value(flag) || undefined
  }

  list(flag: Flag): string[] {
    const items = this.value(flag).split(',')
    return items.map(item => item.trim()).filter(item => item !== '')
  }

  integer(flag: Flag, least: number, most: number, otherwise: string): number {
    const number = Number(this.value(flag))
    return Number.isInteger(number) && number >= least && number <= most
      ? number
      : this.#refuse(flag, otherwise)
  }

  oneOf<T extends string>(flag: Flag, words: readonly T[], otherwise: string): T {
    const value = this.value(flag)
    return words.find(word => word === value) ?? this.#refuse(flag, otherwise)
  }

  /** Names the value as it was written: by a flag, or by a variable. */
  #refuse(flag: Flag, what: string): never {
    const isVariable = !this.#isWritten(flag) && Boolean(this.#environment[variableOf(flag)])
    throw new UsageError(`${isVariable ? variableOf(flag) : `--${flag}`} "${this.value(flag)}" is ${what}`)
  }

  #isWritten(flag: Flag): boolean {
    return typeof this.#flags[flag] === 'string' && this.#flags[flag] !== ''
  }
}
