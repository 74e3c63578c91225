import { X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { advance, caBundleOf, firstCertificates } from '../../webhook/cluster/certificates.ts'
import { createAuthority, createLeaf } from '../../webhook/tls/certificates.ts'

const names = ['socni-webhook.socni-system.svc']
const start = new Date('2026-11-21T00:00:00Z')
const DAY = 24 * 60 * 60 * 1000
const later = (milliseconds: number) => new Date(start.getTime() + milliseconds)
const count = (bundle: string) => bundle.split('BEGIN CERTIFICATE').length - 1

describe('the certificates of a cluster', () => {
  const first = firstCertificates(names, start)

  it('stay while nothing is due', () => {
    expect(advance(first, names, later(100 * DAY))).toBe(first)
    expect(count(caBundleOf(first))).toBe(1)
  })

  it('get a new leaf of the same authority at two thirds of its life, or for other names', () => {
    for (const renewed of [
      advance(first, names, later(250 * DAY)),
      advance(first, ['other.svc'], later(DAY)),
    ]) {
      expect(renewed.leaf.cert).not.toBe(first.leaf.cert)
      expect(caBundleOf(renewed)).toBe(caBundleOf(first))
    }
  })

  it('announce a new authority before it signs, and keep the old one until nobody is served by it', () => {
    const due = 2500 * DAY
    const recent = { ...first, leaf: createLeaf(first.authority, names, later(due)) }
    const announced = advance(recent, names, later(due))
    expect(announced.leaf).toBe(recent.leaf)
    expect(count(caBundleOf(announced))).toBe(2)
    expect(advance(announced, names, later(due + 30_000))).toBe(announced)

    const signed = advance(announced, names, later(due + 61_000))
    expect(
      new X509Certificate(signed.leaf.cert).verify(new X509Certificate(signed.authority.cert).publicKey),
    ).toBe(true)
    expect(signed.authority).toBe(announced.next)
    expect(caBundleOf(signed)).toContain(first.authority.cert)
    // Whoever trusts what was announced trusts what is served now.
    expect(caBundleOf(announced)).toContain(signed.authority.cert)

    const settled = advance(signed, names, later(due + 130_000))
    expect(caBundleOf(settled)).toBe(signed.authority.cert)
    expect(settled.leaf).toBe(signed.leaf)
  })

  it('get a new leaf at once when it is due, also while an authority is announced', () => {
    const due = 2500 * DAY
    const announced = { ...first, next: createAuthority(later(due)) }
    const renewed = advance(announced, names, later(due))
    expect([renewed.leaf === first.leaf, renewed.next === announced.next]).toEqual([false, true])
    expect(advance(renewed, names, later(due + 1_000))).toBe(renewed)
  })

  it('do not wait for an authority that is over', () => {
    const over = 3651 * DAY
    const announced = advance(first, names, later(over))
    expect(count(caBundleOf(announced))).toBe(2)
    expect(advance(announced, names, later(over + 2_000)).authority).toBe(announced.next)
  })
})
