import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeAtomically } from '../../src/files/atomic.ts'
import { readTextFile, UnreadableFileError } from '../../src/files/read-text.ts'
import { type CertificatePair, createAuthority, createLeaf, fits, isDueForRenewal } from './certificates.ts'

/** Where the serving certificate comes from; asked again and again, since it changes while the webhook runs. */
export interface CertificateSource {
  /** The pair to serve now. Throws when there is none that works. */
  current(): CertificatePair
  /** PEM of the authority that clients verify it with, where it is ours. */
  readonly authority: string | undefined
}

/**
 * Certificates of our own in a directory, made on first start. The leaf is renewed at two thirds of its life, and when
 * its names, its key or its authority do not fit any more.
 */
export function ownCertificates(
  directory: string,
  names: readonly string[],
  clock: () => Date,
): CertificateSource {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const caFile = pairFile(directory, 'ca')
  const leafFile = pairFile(directory, 'tls')
  const readCa = (): CertificatePair => {
    const found = caFile.read()
    if (found !== undefined && !isDueForRenewal(found.cert, clock())) return found
    const made = createAuthority(clock())
    caFile.write(made)
    return made
  }
  return {
    current: () => {
      const ca = readCa()
      const found = leafFile.read()
      if (found !== undefined && !isDueForRenewal(found.cert, clock()) && fits(found, ca.cert, names))
        return found
      const made = createLeaf(ca, names, clock())
      leafFile.write(made)
      return made
    },
    get authority() {
      return readCa().cert
    },
  }
}

/** Certificate files that an operator, or cert-manager, puts in place and renews. */
export function givenCertificates(certPath: string, keyPath: string): CertificateSource {
  return {
    current: () => {
      const [cert, key] = [readGiven('--tls-cert', certPath), readGiven('--tls-key', keyPath)]
      const certificate = parseGiven('--tls-cert', certPath, () => new X509Certificate(cert))
      const privateKey = parseGiven('--tls-key', keyPath, () => createPrivateKey(key))
      if (!certificate.checkPrivateKey(privateKey))
        throw new UnreadableFileError(`--tls-cert ${certPath} does not belong to --tls-key ${keyPath}`)
      return { cert, key }
    },
    authority: undefined,
  }
}

function readGiven(option: string, path: string): string {
  try {
    return readTextFile(path)
  } catch (error) {
    throw error instanceof UnreadableFileError ? new UnreadableFileError(`${option} ${error.message}`) : error
  }
}

function parseGiven<T>(option: string, path: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw new UnreadableFileError(
      `${option} ${path}: it is no PEM: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

function pairFile(directory: string, name: string) {
  const certPath = join(directory, `${name}.crt`)
  const keyPath = join(directory, `${name}.key`)
  return {
    read(): CertificatePair | undefined {
      try {
        const pair = { cert: readFileSync(certPath, 'utf8'), key: readFileSync(keyPath, 'utf8') }
        const isPair = new X509Certificate(pair.cert).checkPrivateKey(createPrivateKey(pair.key))
        return isPair ? pair : undefined
      } catch {
        // Missing, cut off or no PEM: a new pair takes its place.
        return undefined
      }
    },
    write({ cert, key }: CertificatePair): void {
      writeAtomically(keyPath, key, 0o600)
      writeAtomically(certPath, cert, 0o644)
    },
  }
}
