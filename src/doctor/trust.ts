import { X509Certificate } from 'node:crypto'
import type { Answer } from '../kube/installed.ts'
import { WEBHOOK_CONFIGURATION } from '../kube/installed.ts'
import type { Manifest } from '../kube/manifest.ts'
import { NAMESPACE } from '../kube/own-objects.ts'
import { listSome, presentOf, printMoment } from './answers.ts'
import { answer, type Check, type Question } from './check.ts'

const CERTIFICATE: Question = {
  id: 'certificate',
  title: 'The serving certificate holds',
  why: 'Once it is over, the API server believes no replica, and refuses pods with networks.',
}

const TRUST: Question = {
  id: 'trust',
  title: 'The API server asks the webhook, and believes it',
  why: 'Without both configurations nothing is judged or signed; with another authority in them every request is refused.',
}

/** What the API server asks for when it calls the webhook (spec of the webhook's Service). */
const HOST = `socni-webhook.${NAMESPACE}.svc`

/** Renewed at two thirds of its life, it has months left, or of cert-manager's a month. */
const NEAR_MS = 14 * 24 * 60 * 60_000

/** Whether the certificate that replicas serve is of its time, and of the name that they are called by. */
export function checkCertificate(secret: Answer, now: Date): Check {
  const mend =
    'kubectl -n socni-system logs deployment/socni-webhook, or describe the Certificate of cert-manager (docs/operations.md)'
  const found = presentOf(CERTIFICATE, secret, 'the Secret with it', mend)
  if ('check' in found) return found.check
  const leaf = leafIn(found.is)
  if (leaf === undefined)
    return answer(
      CERTIFICATE,
      'error',
      `Secret ${found.is.metadata.name} has no "tls.crt" with a certificate`,
      mend,
    )
  const until = `until ${printMoment(leaf.validToDate)}`
  if (leaf.checkHost(HOST) === undefined)
    return answer(CERTIFICATE, 'error', `it is of ${leaf.subjectAltName}, not of ${HOST}`, mend)
  const left = leaf.validToDate.getTime() - now.getTime()
  const state = left < 0 ? 'error' : left < NEAR_MS ? 'warning' : 'ok'
  return answer(CERTIFICATE, state, left < 0 ? `it was valid ${until}` : `it is valid ${until}`, mend)
}

/** Whether both webhook configurations are there, and hold the authority that signed the certificate. */
export function checkTrust(mutating: Answer, validating: Answer, secret: Answer, now: Date): Check {
  const mend =
    'kubectl -n socni-system logs deployment/socni-webhook: the replica that leads writes it, or the cainjector of cert-manager'
  const leaf = 'is' in secret && secret.is !== undefined ? leafIn(secret.is) : undefined
  const problems: string[] = []
  for (const [kind, given] of [
    ['Mutating', mutating],
    ['Validating', validating],
  ] as const) {
    const what = `${kind}WebhookConfiguration ${WEBHOOK_CONFIGURATION}`
    const found = presentOf(TRUST, given, what)
    if ('check' in found) return found.check
    const webhooks = (found.is as { webhooks?: readonly Webhook[] }).webhooks ?? []
    for (const { name, clientConfig } of webhooks) {
      const authorities = certificatesIn(Buffer.from(clientConfig.caBundle ?? '', 'base64').toString())
      const valid = authorities.filter(({ validToDate }) => validToDate > now)
      if (valid.length === 0) problems.push(`${name} of ${what} has no authority that is valid`)
      else if (leaf !== undefined && !valid.some(authority => hasSigned(authority, leaf)))
        problems.push(`${name} of ${what} has another authority than that of the certificate`)
    }
    if (webhooks.length === 0) problems.push(`${what} has no webhooks`)
  }
  if (problems.length > 0) return answer(TRUST, 'error', listSome(problems), mend)
  return leaf === undefined
    ? answer(
        TRUST,
        'unknown',
        'both configurations have an authority; whether it is that of the certificate is not known',
      )
    : answer(TRUST, 'ok', 'both configurations have the authority of the certificate')
}

interface Webhook {
  readonly name: string
  readonly clientConfig: { readonly caBundle?: string }
}

/** The first one is that of the server itself (RFC 8446 section 4.4.2). */
function leafIn(secret: Manifest): X509Certificate | undefined {
  const { data } = secret as { data?: Readonly<Record<string, string>> }
  return certificatesIn(Buffer.from(data?.['tls.crt'] ?? '', 'base64').toString())[0]
}

/** Those that can be read: of the others the API server makes nothing either. */
function certificatesIn(text: string): X509Certificate[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs) ?? []
  return blocks.flatMap(block => {
    try {
      return [new X509Certificate(block)]
    } catch {
      return []
    }
  })
}

function hasSigned(authority: X509Certificate, leaf: X509Certificate): boolean {
  return leaf.checkIssued(authority) && leaf.verify(authority.publicKey)
}
