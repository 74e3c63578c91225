import { describe, expect, it } from 'vitest'
import { checkCertificate, checkTrust } from '../../src/doctor/trust.ts'
import type { Answer } from '../../src/kube/installed.ts'
import { type CertificatePair, createAuthority, createLeaf } from '../../webhook/tls/certificates.ts'

const now = new Date('2026-01-05T10:00:00Z')
const later = (days: number) => new Date(now.getTime() + days * 24 * 60 * 60_000)
const authority = createAuthority(now)
const encode = (text: string) => Buffer.from(text).toString('base64')
const holding = (pem: string): Answer => ({
  is: {
    ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'socni-webhook-tls' } },
    data: { 'tls.crt': encode(pem) },
  },
})
const trusting = (...authorities: CertificatePair[]): Answer => ({
  is: {
    ...{ apiVersion: 'admissionregistration.k8s.io/v1', kind: 'A', metadata: { name: 'zz-socni' } },
    webhooks: [
      {
        name: 'pods.socni.dev',
        clientConfig: { caBundle: encode(authorities.map(({ cert }) => cert).join('')) },
      },
    ],
  },
})
const leaf = createLeaf(authority, ['socni-webhook.socni-system.svc'], now)

describe('the certificate, to doctor --cluster', () => {
  it.each([
    ['ok', leaf.cert, 1, 'it is valid until 2027-01-05'],
    ['warning', leaf.cert, 355, 'it is valid until 2027-01-05'],
    ['error', leaf.cert, 366, 'it was valid until 2027-01-05'],
    ['error', createLeaf(authority, ['localhost'], now).cert, 1, 'not of socni-webhook.socni-system.svc'],
    ['error', '', 1, 'has no "tls.crt" with a certificate'],
  ])('is %s where it should be', (status, pem, days, found) => {
    expect(checkCertificate(holding(pem), later(days))).toMatchObject({
      status,
      found: expect.stringContaining(found),
    })
  })

  it('may be believed by one of several authorities, that is not over', () => {
    const other = createAuthority(now)
    const status = (mutating: Answer, validating: Answer, days = 1) =>
      checkTrust(mutating, validating, holding(leaf.cert), later(days)).status
    const both = trusting(other, authority)
    expect(status(both, both)).toBe('ok')
    expect(status(both, trusting(other))).toBe('error')
    expect(status(trusting(), both)).toBe('error')
    expect(status(both, both, 3_700)).toBe('error')
  })
})
