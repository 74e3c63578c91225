import { createPrivateKey, generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import forge from 'node-forge'

/** A certificate with its private key, both PEM. */
export interface CertificatePair {
  readonly cert: string
  readonly key: string
}

const DAY = 24 * 60 * 60 * 1000

/** Kubewarden's lifetimes: an authority that outlives the cluster, and a leaf that is renewed long before it ends. */
const CA_LIFETIME = 3650 * DAY
const LEAF_LIFETIME = 365 * DAY

/** Makes a certificate authority of our own, valid from a day ago: clocks of API servers may be behind. */
export function createAuthority(now: Date): CertificatePair {
  const subject = [{ name: 'commonName', value: 'SOCNI webhook CA' }]
  return create({
    subject,
    issuer: subject,
    now,
    lifetime: CA_LIFETIME,
    extensions: [
      { name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
      { name: 'subjectKeyIdentifier' },
    ],
  })
}

/** Makes a serving certificate for these DNS names and IP addresses, signed by the authority. */
export function createLeaf(authority: CertificatePair, names: readonly string[], now: Date): CertificatePair {
  const ca = forge.pki.certificateFromPem(authority.cert)
  return create({
    subject: [{ name: 'commonName', value: names[0] ?? 'socni-webhook' }],
    issuer: ca.subject.attributes,
    now,
    lifetime: LEAF_LIFETIME,
    signWith: authority.key,
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: names.map(altName) },
      { name: 'subjectKeyIdentifier' },
      { name: 'authorityKeyIdentifier', keyIdentifier: ca.generateSubjectKeyIdentifier().getBytes() },
    ],
  })
}

/** Whether a certificate has lived for two thirds of its life, or is not valid yet. */
export function isDueForRenewal(cert: string, now: Date): boolean {
  const { validFromDate, validToDate } = new X509Certificate(cert)
  const from = validFromDate.getTime()
  return now.getTime() < from || now.getTime() > from + ((validToDate.getTime() - from) * 2) / 3
}

/** Whether the leaf can be served: it is for all of these names, was signed by the authority, and fits its key. */
export function fits(leaf: CertificatePair, authority: string, names: readonly string[]): boolean {
  const cert = new X509Certificate(leaf.cert)
  return (
    cert.verify(new X509Certificate(authority).publicKey) &&
    cert.checkPrivateKey(createPrivateKey(leaf.key)) &&
    names.every(name => (isIP(name) === 0 ? cert.checkHost(name) : cert.checkIP(name)) !== undefined)
  )
}

/** When a certificate ends. */
export function expiryOf(cert: string): Date {
  return new X509Certificate(cert).validToDate
}

interface Template {
  readonly subject: forge.pki.CertificateField[]
  readonly issuer: forge.pki.CertificateField[]
  readonly now: Date
  readonly lifetime: number
  /** PEM of the authority's key; without it the certificate signs itself. */
  readonly signWith?: string
  readonly extensions: object[]
}

function create({ subject, issuer, now, lifetime, signWith, extensions }: Template): CertificatePair {
  // node-forge makes no ECDSA certificates, and its own RSA generator is slow: the key comes from node:crypto.
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const certificate = forge.pki.createCertificate()
  certificate.publicKey = forge.pki.publicKeyFromPem(publicKey)
  certificate.serialNumber = serialNumber()
  certificate.validity.notBefore = new Date(now.getTime() - DAY)
  certificate.validity.notAfter = new Date(now.getTime() + lifetime)
  certificate.setSubject(subject)
  certificate.setIssuer(issuer)
  certificate.setExtensions(extensions)
  certificate.sign(forge.pki.privateKeyFromPem(signWith ?? privateKey), forge.md.sha256.create())
  return { cert: forge.pki.certificateToPem(certificate), key: privateKey }
}

/** 126 random bits with the top bit clear: RFC 5280 section 4.1.2.2 wants a positive number of at most 20 octets. */
function serialNumber(): string {
  const bytes = randomBytes(16)
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40
  return bytes.toString('hex')
}

/** GeneralName of RFC 5280 section 4.2.1.6: 2 is a DNS name, 7 an IP address. */
function altName(name: string): object {
  return isIP(name) === 0 ? { type: 2, value: name } : { type: 7, ip: name }
}
