import { X509Certificate } from 'node:crypto'
import type { Manifest } from '../../src/kube/manifest.ts'
import { ApiError, type KubeClient } from '../../src/kube-api/client.ts'
import { decode, encode, readOrCreate, SECRET, TLS_SECRET, textsOf } from '../../src/kube-api/objects.ts'
import {
  type CertificatePair,
  createAuthority,
  createLeaf,
  expiryOf,
  fits,
  isDueForRenewal,
} from '../tls/certificates.ts'

/** The serving certificate of all replicas, and the authorities around it. */
export interface ClusterCertificates {
  readonly authority: CertificatePair
  readonly leaf: CertificatePair
  /** An authority that will sign; clients trust it before anything is served that it signed. */
  readonly next: CertificatePair | undefined
  /** The certificate of the one that signed before, until nobody is served by it any more. */
  readonly previous: string | undefined
}

/** What clients verify the webhook with: every authority that signs, will sign or signed a moment ago. */
export function caBundleOf({ authority, next, previous }: ClusterCertificates): string {
  return [authority.cert, next?.cert, previous].filter(cert => cert !== undefined).join('')
}

/** Certificates of a first start. */
export function firstCertificates(names: readonly string[], now: Date): ClusterCertificates {
  const authority = createAuthority(now)
  return { authority, leaf: createLeaf(authority, names, now), next: undefined, previous: undefined }
}

/** How long an authority is announced before it signs, and kept after it signed: API servers read their configuration in seconds. */
const OVERLAP_MS = 60_000
const DAY = 24 * 60 * 60 * 1000

/**
 * What comes after these certificates; the same when nothing is due. A new authority is announced first, signs when
 * everybody can know it, and the old one goes last.
 */
export function advance(
  state: ClusterCertificates,
  names: readonly string[],
  now: Date,
): ClusterCertificates {
  const { authority, leaf, next, previous } = state
  // What an authority signed that is over nobody believes: then there is nothing to wait for.
  const isOver = expiryOf(authority.cert) < now
  if (next !== undefined && (isOver || now.getTime() - madeAt(next) >= OVERLAP_MS))
    return { authority: next, leaf: createLeaf(next, names, now), next: undefined, previous: authority.cert }
  // A leaf may end before a new authority signs.
  if (!isOver && (isDueForRenewal(leaf.cert, now) || !fits(leaf, authority.cert, names)))
    return { ...state, leaf: createLeaf(authority, names, now) }
  if (next !== undefined) return state
  if (isDueForRenewal(authority.cert, now)) return { ...state, next: createAuthority(now) }
  if (previous !== undefined && now.getTime() - madeAt(leaf) > OVERLAP_MS)
    return { ...state, previous: undefined }
  return state
}

/** Certificates are valid from a day before they were made. */
function madeAt({ cert }: CertificatePair): number {
  return new X509Certificate(cert).validFromDate.getTime() + DAY
}

/** Reads the Secret, or makes it at the first start. */
export async function openClusterCertificates(
  client: KubeClient,
  names: readonly string[],
  now: Date,
): Promise<ClusterCertificates> {
  return parseCertificates(await openSecret(client, names, now))
}

function openSecret(client: KubeClient, names: readonly string[], now: Date): Promise<Manifest> {
  const make = (): object => ({ type: 'Opaque', data: print(firstCertificates(names, now)) })
  return readOrCreate(client, SECRET, TLS_SECRET, make)
}

/** Writes the next state when something is due; the loser of two at once takes what the winner wrote at its next look. */
export async function renewClusterCertificates(
  client: KubeClient,
  names: readonly string[],
  now: Date,
): Promise<ClusterCertificates> {
  const secret = await openSecret(client, names, now)
  const state = parseCertificates(secret)
  const after = advance(state, names, now)
  if (after === state) return state
  try {
    await client.replace({ ...secret, data: print(after) })
    return after
  } catch (error) {
    if (error instanceof ApiError && error.status === 409) return state
    throw error
  }
}

/** The certificates in the Secret. Throws when it holds something else. */
export function parseCertificates(secret: Manifest): ClusterCertificates {
  const texts = decode(textsOf(secret))
  const pair = (name: string): CertificatePair | undefined => {
    const [cert, key] = [texts[`${name}.crt`], texts[`${name}.key`]]
    return cert === undefined || key === undefined ? undefined : { cert, key }
  }
  const [authority, leaf] = [pair('ca'), pair('tls')]
  if (authority === undefined || leaf === undefined)
    throw new ApiError(
      `Secret ${TLS_SECRET} lacks ca.crt, ca.key, tls.crt or tls.key: delete it, and it is made anew`,
    )
  return { authority, leaf, next: pair('ca-next'), previous: texts['ca-previous.crt'] }
}

function print({ authority, leaf, next, previous }: ClusterCertificates): Record<string, string> {
  return encode({
    'ca.crt': authority.cert,
    'ca.key': authority.key,
    'tls.crt': leaf.cert,
    'tls.key': leaf.key,
    ...(next !== undefined && { 'ca-next.crt': next.cert, 'ca-next.key': next.key }),
    ...(previous !== undefined && { 'ca-previous.crt': previous }),
  })
}

const WEBHOOK_KINDS = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration']

/** Writes the bundle into both webhook configurations, where it differs. Returns how many it changed. */
export async function patchCaBundle(client: KubeClient, name: string, bundle: string): Promise<number> {
  const caBundle = Buffer.from(bundle).toString('base64')
  let changed = 0
  for (const kind of WEBHOOK_KINDS) {
    const configuration = await client.read({ apiVersion: 'admissionregistration.k8s.io/v1', kind }, name)
    const webhooks = configuration?.webhooks
    if (configuration === undefined || !Array.isArray(webhooks)) continue
    if (webhooks.every(({ clientConfig }) => clientConfig?.caBundle === caBundle)) continue
    const patched = webhooks.map(webhook => ({
      ...webhook,
      clientConfig: { ...webhook.clientConfig, caBundle },
    }))
    await client.replace({ ...configuration, webhooks: patched })
    changed++
  }
  return changed
}
