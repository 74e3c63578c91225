import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, describe, expect, it } from 'vitest'
import { createAuthority, createLeaf, fits, isDueForRenewal } from '../../webhook/tls/certificates.ts'
import { givenCertificates, ownCertificates } from '../../webhook/tls/files.ts'
import { eventually, startWebhook } from '../webhook-under-test.ts'

const DAY = 24 * 60 * 60 * 1000
const now = new Date('2026-11-20T12:00:00Z')
const later = (days: number) => new Date(now.getTime() + days * DAY)
const directory = mkdtempSync(join(tmpdir(), 'socni-tls-'))
afterAll(() => rmSync(directory, { recursive: true }))

describe('a certificate', () => {
  const authority = createAuthority(now)
  const leaf = createLeaf(authority, ['socni.socni-system.svc', '127.0.0.1', '::1'], now)
  const [ca, cert] = [new X509Certificate(authority.cert), new X509Certificate(leaf.cert)]

  it('is signed by an authority that may sign, and may not sign itself', () => {
    expect([ca.ca, cert.ca, cert.verify(ca.publicKey), cert.checkIssued(ca)]).toEqual([
      true,
      false,
      true,
      true,
    ])
  })

  it('is for every name and address that was asked for, and for no other', () => {
    expect(cert.subjectAltName).toBe(
      'DNS:socni.socni-system.svc, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1',
    )
    expect(fits(leaf, authority.cert, ['socni.socni-system.svc', '127.0.0.1'])).toBe(true)
    expect(fits(leaf, authority.cert, ['example.org'])).toBe(false)
    expect(fits(leaf, createAuthority(now).cert, ['127.0.0.1'])).toBe(false)
  })

  it('has a random positive serial number', () => {
    const again = new X509Certificate(createLeaf(authority, ['a'], now).cert)
    expect(again.serialNumber).not.toBe(cert.serialNumber)
    expect(cert.serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/)
  })

  it.each([
    [0, false],
    [242, false],
    [244, true],
    [400, true],
    [-2, true],
  ])('is due after %i days of its year: %s', (days, isDue) => {
    expect(isDueForRenewal(leaf.cert, later(days))).toBe(isDue)
  })
})

describe("the webhook's own certificates", () => {
  it('are made once, privately, and used again', () => {
    const source = ownCertificates(join(directory, 'once'), ['localhost'], () => now)
    const first = source.current()
    expect(ownCertificates(join(directory, 'once'), ['localhost'], () => now).current()).toEqual(first)
    expect(statSync(join(directory, 'once', 'tls.key')).mode & 0o777).toBe(0o600)
    expect(statSync(join(directory, 'once', 'ca.key')).mode & 0o777).toBe(0o600)
  })

  it('are renewed at two thirds of their life, by the same authority', () => {
    let time = now
    const source = ownCertificates(join(directory, 'renew'), ['localhost'], () => time)
    const [first, authority] = [source.current(), source.authority]
    time = later(300)
    const second = source.current()
    expect(second.cert).not.toBe(first.cert)
    expect(source.authority).toBe(authority)
    expect(new X509Certificate(second.cert).validToDate.getTime()).toBe(later(665).getTime())
  })

  it('are made anew for other names, and in place of a file that was cut off', () => {
    const path = join(directory, 'names')
    const first = ownCertificates(path, ['localhost'], () => now).current()
    const second = ownCertificates(path, ['localhost', 'socni.svc'], () => now).current()
    expect(second.cert).not.toBe(first.cert)
    writeFileSync(join(path, 'tls.crt'), second.cert.slice(0, 200))
    const third = ownCertificates(path, ['localhost', 'socni.svc'], () => now).current()
    expect(fits(third, readFileSync(join(path, 'ca.crt'), 'utf8'), ['socni.svc'])).toBe(true)
  })
})

describe("an operator's certificates", () => {
  it('are refused while the key does not belong to the certificate', () => {
    const [one, other] = [createAuthority(now), createAuthority(now)]
    const [certPath, keyPath] = [join(directory, 'given.crt'), join(directory, 'given.key')]
    writeFileSync(certPath, one.cert)
    writeFileSync(keyPath, other.key)
    const source = givenCertificates(certPath, keyPath)
    expect(() => source.current()).toThrow(/given.crt does not belong to .*given.key/)
    writeFileSync(keyPath, one.key)
    expect(source.current()).toEqual(one)
  })
})

describe('the webhook', () => {
  it('serves a renewed certificate without a restart', async () => {
    let time = new Date(Date.now() - 300 * DAY)
    await using webhook = await startWebhook([], () => time)
    const first = await presented(webhook.service.url, webhook.service.authority)
    time = new Date()
    const second = await eventually(
      () => presented(webhook.service.url, webhook.service.authority),
      serial => serial !== first,
    )
    expect(second).not.toBe(first)
  })

  it('keeps the last good one when its files cannot be read', async () => {
    await using webhook = await startWebhook([])
    const first = await presented(webhook.service.url, webhook.service.authority)
    rmSync(join(webhook.state, 'tls'), { recursive: true })
    await new Promise(resolve => setTimeout(resolve, 80))
    expect(await presented(webhook.service.url, webhook.service.authority)).toBe(first)
  })
})

/** The serial number of the certificate that a server presents, after it was verified. */
function presented(url: string, ca: string | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url)
    const socket = connect({ host: hostname, port: Number(port), ...(ca !== undefined && { ca }) }, () => {
      resolve(socket.getPeerX509Certificate()?.serialNumber ?? '')
      socket.destroy()
    })
    socket.on('error', reject)
  })
}
