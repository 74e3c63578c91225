import { createHmac, createPublicKey, verify as verifyBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import type { Claim } from '../../src/claims/claim.ts'
import { configurationDigest } from '../../src/claims/digest.ts'
import { openKeys, readKeys } from '../../src/claims/files.ts'
import type { Expected, Statement } from '../../src/claims/judge.ts'
import { KeyError, type KeyState, thumbprint } from '../../src/claims/jwk.ts'
import {
  generateSigningKey,
  type KeySet,
  parseKeySet,
  parseSigningKey,
  printKeySet,
  printSigningKey,
  publicKeyOf,
  rotate,
} from '../../src/claims/keys.ts'
import {
  mergeRevocation,
  parseRevocations,
  printRevocations,
  revocationOf,
} from '../../src/claims/revocations.ts'
import { sha256 } from '../../src/claims/sha256.ts'
import { signClaim } from '../../src/claims/signature.ts'
import { verifyClaim } from '../../src/claims/verify.ts'
import { NO_VLANS, parseVlanSet, vlanSet } from '../../src/net/vlan-set.ts'

const key = generateSigningKey()
const keySet = (state: KeyState = 'current'): KeySet => new Map([[key.kid, publicKeyOf(key, state)]])
const claim: Claim = {
  iss: 'socni',
  iat: 1_795_000_000,
  tenant: 'finance',
  namespace: 'finance',
  pod: 'teller',
  nad: 'finance/storage',
  interface: 'net1',
  uplinks: [{ master: 'eth0', vlans: '100' }],
  digests: [{ type: 'macvlan', sha256: 'x' }],
}
const { iss: _, iat: __, ...expected } = { ...claim, ips: [] as string[] }
const jws = signClaim(claim, key)
const failed = (
  token: string,
  change: Partial<Expected> = {},
  keys = keySet(),
  revocations = parseRevocations('{"revocations":[]}'),
) => {
  const verification = verifyClaim(token, { ...expected, ...change }, keys, revocations)
  return verification.ok ? 'ok' : verification.failed
}
const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const signRaw = (header: unknown, payload: unknown) => {
  const forged = signClaim(payload as Claim, key).split('.')
  // The header is ours to choose, the signature is real: only checks on the header can refuse it.
  return [encode(header), forged[1], forged[2]].join('.')
}

// https://www.rfc-editor.org/rfc/rfc8037#appendix-A
const RFC8037 = {
  d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  thumbprint: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
  jws: 'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg',
}

describe('a new key', () => {
  it('has no id that a command line would take for an option', () => {
    const ids = Array.from({ length: 400 }, () => generateSigningKey().kid)
    expect(ids.filter(id => id.startsWith('-'))).toEqual([])
  })
})

describe('a key', () => {
  it('has the thumbprint of RFC 8037 A.3', () => {
    expect(thumbprint(RFC8037.x, sha256)).toBe(RFC8037.thumbprint)
  })

  it('is read from the JWK of RFC 8037 A.1, and its public half is that of A.2', () => {
    const signing = parseSigningKey(
      JSON.stringify({ kty: 'OKP', crv: 'Ed25519', d: RFC8037.d, x: RFC8037.x }),
    )
    expect(publicKeyOf(signing, 'current').key.export({ format: 'jwk' }).x).toBe(RFC8037.x)
    expect(signing.kid).toBe(RFC8037.thumbprint)
  })

  it('verifies the signature of RFC 8037 A.4', () => {
    const [header, payload, signature = ''] = RFC8037.jws.split('.')
    const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: RFC8037.x }, format: 'jwk' })
    expect(
      verifyBytes(null, Buffer.from(`${header}.${payload}`), publicKey, Buffer.from(signature, 'base64url')),
    ).toBe(true)
  })

  it('is read back as it was printed, private or public', () => {
    expect(parseSigningKey(printSigningKey(key)).kid).toBe(key.kid)
    expect(
      [...parseKeySet(printKeySet(keySet('next'))).values()].map(({ kid, state }) => [kid, state]),
    ).toEqual([[key.kid, 'next']])
  })

  it.each<[what: string, text: string, message: RegExp]>([
    ['no JSON', '{', /ends here/],
    ['a list', '[]', /holds a JSON object/],
    ['no keys', '{}', /"keys" is not a list/],
    ['a key of another kind', '{"keys":[{"kty":"EC"}]}', /only keys of "kty": "OKP"/],
    ['a short key', '{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA"}]}', /"x" is no Ed25519 public key/],
    [
      'a private key',
      `{"keys":[${JSON.stringify(JSON.parse(printSigningKey(key)))}]}`,
      /a private key stands among the public ones/,
    ],
    [
      'another key id',
      `{"keys":[{"kty":"OKP","crv":"Ed25519","x":"${RFC8037.x}","kid":"mine"}]}`,
      /thumbprint, "kPrK_/,
    ],
    [
      'an unknown state',
      `{"keys":[{"kty":"OKP","crv":"Ed25519","x":"${RFC8037.x}","socni.dev/state":"old"}]}`,
      /"next", "current" or "retired"/,
    ],
    ['two values for a member', `{"keys":[],"keys":[]}`, /stands here twice/],
  ])('is refused as a set with %s', (_, text, message) => {
    expect(() => parseKeySet(text)).toThrow(message)
  })

  it('is refused as a private key whose halves do not belong together', () => {
    expect(() =>
      parseSigningKey(
        JSON.stringify({ kty: 'OKP', crv: 'Ed25519', d: JSON.parse(printSigningKey(key)).d, x: RFC8037.x }),
      ),
    ).toThrow(/does not belong/)
  })

  it('goes from next to current to retired', () => {
    const next = generateSigningKey()
    const keys = new Map([...keySet(), [next.kid, publicKeyOf(next, 'next')] as const])
    expect([...rotate(keys).values()].map(({ state }) => state)).toEqual(['retired', 'current'])
    expect(() => rotate(rotate(keys))).toThrow(/no key is published as "next"/)
  })
})

describe('a claim', () => {
  it('holds for what it states', () => {
    expect(verifyClaim(jws, expected, keySet(), [])).toEqual({ ok: true, claim })
  })

  it.each<[failed: Statement, change: Partial<Expected>]>([
    ['tenant', { tenant: 'logistics' }],
    ['namespace', { namespace: 'finance-batch' }],
    ['pod', { pod: 'thief' }],
    ['nad', { nad: 'finance/second' }],
    ['interface', { interface: 'net2' }],
    ['uplinks', { uplinks: [{ master: 'eth0', vlans: '100,300' }] }],
    ['uplinks', { uplinks: [{ master: 'eth1', vlans: '100' }] }],
    ['uplinks', { uplinks: [] }],
    ['ips', { ips: ['10.100.1.9'] }],
    ['mac', { mac: '02:00:00:00:00:01' }],
    ['configuration', { digests: [{ type: 'macvlan', sha256: 'y' }] }],
    ['configuration', { digests: [...claim.digests, ...claim.digests] }],
  ])('does not hold for another %s', (statement, change) => {
    expect(failed(jws, change)).toBe(statement)
  })

  it.each<[what: unknown, expected: boolean | undefined, result: string]>([
    [true, true, 'ok'],
    [true, undefined, 'ok'],
    [true, false, 'defaultRoute'],
    [undefined, true, 'ok'],
    [undefined, false, 'ok'],
    [false, false, 'payload'],
    ['yes', true, 'payload'],
  ])('that states a default route as %j, where %j is expected: %s', (stated, defaultRoute, result) => {
    const signed = signClaim({ ...claim, defaultRoute: stated } as Claim, key)
    expect(failed(signed, { defaultRoute })).toBe(result)
  })

  it.each<[change: Partial<Expected>, result: string]>([
    [{ uid: 'u', node: 'n' }, 'ok'],
    [{ uid: 'v', node: 'n' }, 'uid'],
    [{ uid: 'u', node: 'm' }, 'node'],
    [{}, 'uid'],
  ])('that is bound is judged by UID and node: %j → %s', (change, result) => {
    expect(failed(signClaim({ ...claim, uid: 'u', node: 'n' }, key), change)).toBe(result)
  })

  it('that is not bound holds on any node, and where not all is known of what it states', () => {
    expect(failed(jws, { uid: 'u', node: 'n' })).toBe('ok')
    expect(failed(jws, { tenant: undefined, nad: undefined, ips: undefined })).toBe('ok')
  })

  it.each<[change: Partial<Expected>, says: string]>([
    [{ pod: 'thief' }, 'it was signed for pod "teller", not for "thief"'],
    [{ pod: undefined, generateName: 'thief-' }, 'it was signed for pod "teller", not for "thief-…"'],
    [{ mac: '02:00:00:00:00:01' }, 'it was signed for mac none, not for "02:00:00:00:00:01"'],
    [{ ips: ['10.100.1.9'] }, 'it was signed for ips [], not for ["10.100.1.9"]'],
  ])('says what it was signed for, and what is there: %j', (change, message) => {
    expect(verifyClaim(jws, { ...expected, ...change }, keySet(), [])).toMatchObject({ message })
  })

  it('that was revoked says since when', () => {
    const revocation = { tenant: 'finance', vlans: vlanSet(100), notBefore: claim.iat + 1 }
    expect(verifyClaim(jws, expected, keySet(), [revocation])).toMatchObject({
      failed: 'revoked',
      message: 'claims of tenant "finance" for its VLAN from before 2026-11-18T11:06:41.000Z were revoked',
    })
  })

  it.each([
    ['teller-', 'teller-x7k2z', 'ok'],
    ['teller-', 'teller-', 'pod'],
    ['teller-', 'teller-x7k2', 'pod'],
    ['teller-', 'teller-x7k2zz', 'pod'],
    ['teller-', 'teller-aeiou', 'pod'],
    ['teller-', 'teller-other-x7k2z', 'pod'],
    ['teller-', 'thieve-x7k2z', 'pod'],
    ['', 'x7k2z', 'payload'],
    [`${'a'.repeat(70)}-`, `${'a'.repeat(58)}x7k2z`, 'ok'],
  ])('for names that begin with %j judges %j: %s', (generateName, pod, result) => {
    const { pod: _, ...rest } = claim
    expect(failed(signClaim({ ...rest, generateName }, key), { pod })).toBe(result)
  })

  it.each<[generateName: string, result: string]>([
    ['teller-', 'ok'],
    ['thief-', 'pod'],
  ])('for names that begin with "teller-" judges a pod without one, of %j: %s', (generateName, result) => {
    const { pod: _, ...rest } = claim
    const signed = signClaim({ ...rest, generateName: 'teller-' }, key)
    expect(failed(signed, { pod: undefined as never, generateName })).toBe(result)
  })

  it('holds in whatever order the members of what it lists stand', () => {
    expect(failed(jws, { uplinks: [{ vlans: '100', master: 'eth0' }] })).toBe('ok')
  })

  it.each<[member: string, value: unknown]>([
    ['uplinks', [{ master: 'eth0' }]],
    ['uplinks', [{ master: 'eth0', vlans: '100', also: '300' }]],
    ['uplinks', [{ master: 'eth0', vlans: 100 }]],
    ['uplinks', [{ master: 'eth0', vlans: '100' }, 'eth1']],
    ['uplinks', {}],
    ['digests', [{ type: 'macvlan', sha256: '' }]],
    ['digests', 'macvlan'],
    ['ips', ['10.100.1.9', 5]],
    ['ips', '10.100.1.9'],
    ...['tenant', 'namespace', 'nad', 'interface', 'uplinks', 'digests', 'iat'].map(
      member => [member, undefined] as [string, unknown],
    ),
    ['iat', -1],
    ['iat', 1.5],
  ])('is none with "%s": %j', (member, value) => {
    expect(failed(signClaim({ ...claim, [member]: value } as Claim, key))).toBe('payload')
  })

  it.each<[what: string, token: string, statement: Statement]>([
    ['nothing', '', 'form'],
    ['two parts', jws.split('.').slice(0, 2).join('.'), 'form'],
    ['four parts', `${jws}.x`, 'form'],
    ['no signature', `${jws.split('.').slice(0, 2).join('.')}.`, 'form'],
    ['a cut signature', jws.slice(0, -2), 'signature'],
    ['padding', `${jws}=`, 'form'],
    ['white space', `${jws}\n`, 'form'],
    [
      'another spelling of the same bytes',
      jws.slice(0, -1) + String.fromCharCode(jws.charCodeAt(jws.length - 1) + 1),
      'form',
    ],
    [
      'standard base64',
      jws
        .replace('_', '/')
        .replace('-', '+')
        .concat(/[-_]/.test(jws) ? '' : '+'),
      'form',
    ],
    ['16 KiB and more', 'x'.repeat(20_000), 'form'],
    [
      'as much, though we signed it',
      signClaim({ ...claim, ips: Array.from({ length: 1_000 }, () => '10.100.1.9') }, key),
      'form',
    ],
    [
      'bytes in its header that are no UTF-8',
      `${Buffer.from('{"alg":"\u00ff"}', 'latin1').toString('base64url')}.${jws.split('.').slice(1).join('.')}`,
      'form',
    ],
    ['a list in the place of statements', signClaim([] as unknown as Claim, key), 'payload'],
    ['alg none', signRaw({ alg: 'none', kid: key.kid, typ: 'socni-claim+jwt' }, claim), 'algorithm'],
    ['another typ', signRaw({ alg: 'EdDSA', kid: key.kid, typ: 'JWT' }, claim), 'algorithm'],
    [
      'a key of its own',
      signRaw({ alg: 'EdDSA', kid: key.kid, typ: 'socni-claim+jwt', jwk: {} }, claim),
      'algorithm',
    ],
    [
      'crit',
      signRaw({ alg: 'EdDSA', kid: key.kid, typ: 'socni-claim+jwt', crit: ['x'] }, claim),
      'algorithm',
    ],
    ['an unknown key', signClaim(claim, generateSigningKey()), 'key'],
    ['no key id', signRaw({ alg: 'EdDSA', typ: 'socni-claim+jwt' }, claim), 'key'],
    [
      'a header that was not signed',
      signRaw({ typ: 'socni-claim+jwt', kid: key.kid, alg: 'EdDSA' }, claim),
      'signature',
    ],
    [
      'a header with two values',
      `${encode(`{"alg":"EdDSA","alg":"EdDSA","kid":"${key.kid}","typ":"socni-claim+jwt"}`)}.${jws.split('.').slice(1).join('.')}`,
      'form',
    ],
    [
      'another payload',
      [jws.split('.')[0], encode({ ...claim, tenant: 'logistics' }), jws.split('.')[2]].join('.'),
      'signature',
    ],
    ['a member that nobody knows', signClaim({ ...claim, admin: true } as Claim, key), 'payload'],
    ['another issuer', signClaim({ ...claim, iss: 'me' } as unknown as Claim, key), 'payload'],
    ['a time that is none', signClaim({ ...claim, iat: 1.5 }, key), 'payload'],
    ['both name and prefix', signClaim({ ...claim, generateName: 'teller-' }, key), 'payload'],
    [
      'uplinks of another shape',
      signClaim({ ...claim, uplinks: [{ master: 'eth0' }] } as unknown as Claim, key),
      'payload',
    ],
  ])('with %s is refused', (_, token, statement) => {
    expect(failed(token)).toBe(statement)
  })

  it('signed with HS256 and the public key as its secret is refused', () => {
    const input = `${encode({ alg: 'HS256', kid: key.kid, typ: 'socni-claim+jwt' })}.${encode(claim)}`
    const secret = publicKeyOf(key, 'current').key.export({ format: 'pem', type: 'spki' })
    expect(failed(`${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`)).toBe(
      'algorithm',
    )
  })

  it('of a retired key holds, of a dropped one does not', () => {
    expect(failed(jws, {}, keySet('retired'))).toBe('ok')
    expect(failed(jws, {}, new Map())).toBe('key')
  })

  it.each([
    ['finance', '100', 1, 'revoked'],
    ['finance', '1-200', 1, 'revoked'],
    ['finance', '100', 0, 'ok'],
    ['finance', '101', 1, 'ok'],
    ['logistics', '100', 1, 'ok'],
  ])('against a revocation of %s, VLAN %s, %i second later: %s', (tenant, vlans, later, result) => {
    const list = parseRevocations(
      JSON.stringify({ revocations: [{ tenant, vlans, notBefore: claim.iat + later }] }),
    )
    expect(failed(jws, {}, keySet(), list)).toBe(result)
    expect(parseRevocations(printRevocations(list))).toEqual(list)
  })

  it.each([
    ['eth0', '100', 'revoked'],
    ['eth1', '100', 'ok'],
    ['eth0', '101', 'ok'],
    // What is tagged inside of a VLAN is whoever's holds that.
    ['eth2', '7', 'revoked'],
    ['eth2', '5,9', 'ok'],
    ['eth2.7', '9', 'revoked'],
    [undefined, '5', 'revoked'],
    [undefined, '7', 'revoked'],
  ])('against a revocation on %s of VLAN %s: %s', (master, vlans, result) => {
    const uplinks = [
      { master: 'eth0', vlans: '100' },
      { master: 'eth2.7.9', vlans: '5' },
    ]
    const stated = { ...claim, uplinks }
    const revocation = {
      tenant: 'finance',
      vlans: parseVlanSet(vlans) ?? NO_VLANS,
      master,
      notBefore: claim.iat + 1,
    }
    const [list] = [parseRevocations(printRevocations([revocation]))]
    expect(revocationOf(stated, list) === undefined ? 'ok' : 'revoked').toBe(result)
  })

  it('falls under a revocation of its namespace, or of the whole tenant', () => {
    const revocation = { tenant: 'finance', vlans: vlanSet(100), notBefore: claim.iat + 1 }
    const isRevoked = (change: object) => revocationOf(claim, [{ ...revocation, ...change }]) !== undefined
    expect([{}, { namespace: 'finance' }].map(isRevoked)).toEqual([true, true])
    const others = [{ namespace: 'finance-batch' }, { tenant: 'logistics' }, { notBefore: claim.iat }]
    expect(others.map(isRevoked)).toEqual([false, false, false])
  })

  it('from the future holds, since clocks of nodes are wrong', () => {
    expect(failed(signClaim({ ...claim, iat: 4_000_000_000 }, key))).toBe('ok')
  })

  it('has an answer for any text, and never throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(fc.string(), { minLength: 3, maxLength: 3 }).map(parts => parts.map(encode).join('.')),
        ),
        text => failed(text) !== 'ok',
      ),
    )
  })
})

describe('a list of revocations', () => {
  it.each([
    ['{}', /"revocations" is not a list/],
    ['{"revocations":[{"vlans":"1","notBefore":1}]}', /"tenant" is no name/],
    ['{"revocations":[{"tenant":"a","vlans":"x","notBefore":1}]}', /"vlans" is no list/],
    ['{"revocations":[{"tenant":"a","vlans":"1","notBefore":"now"}]}', /"notBefore" is no time/],
    ['{"revocations":[{"tenant":"a","vlans":"1","notBefore":1.5}]}', /"notBefore" is no time/],
    ['{"revocations":[{"tenant":"a","vlans":"1","master":1,"notBefore":1}]}', /"master" is no name/],
    ['{"revocations":[{"tenant":"a","vlans":"1","namespace":1,"notBefore":1}]}', /"namespace" is no name/],
    ['nonsense', /stands where a value must be/],
    ['[]', /holds a JSON object/],
  ])('%s is refused, never empty', (text, message) => {
    expect(() => parseRevocations(text)).toThrow(message)
  })

  it('drops what a later one covers, and nothing else', () => {
    const one = { tenant: 'a', vlans: vlanSet(1, 2), master: 'eth0', notBefore: 5 }
    expect(mergeRevocation([one], one)).toHaveLength(1)
    expect(mergeRevocation([one], { ...one, notBefore: 6 })).toHaveLength(1)
    expect(mergeRevocation([one], { ...one, master: undefined, notBefore: 6 })).toHaveLength(1)
    expect(mergeRevocation([one], { ...one, master: 'eth1', notBefore: 6 })).toHaveLength(2)
    expect(mergeRevocation([one], { ...one, namespace: 'a', notBefore: 6 })).toHaveLength(2)
    expect(mergeRevocation([{ ...one, namespace: 'a' }], { ...one, notBefore: 6 })).toHaveLength(1)
    expect(mergeRevocation([one], { ...one, vlans: vlanSet(2), notBefore: 6 })).toHaveLength(2)
    expect(mergeRevocation([{ ...one, master: undefined }], { ...one, notBefore: 6 })).toHaveLength(2)
    expect(mergeRevocation([one], { ...one, tenant: 'b', notBefore: 6 })).toHaveLength(2)
    expect(mergeRevocation([one], { ...one, notBefore: 4 })).toHaveLength(2)
  })

  it('is refused by the place of what is wrong in it, as keys are', () => {
    const placeOf = (read: () => unknown) => {
      try {
        return read()
      } catch (error) {
        return error instanceof KeyError ? error.at.join('.') : error
      }
    }
    const keys = (jwk: object) => JSON.stringify({ keys: [{ kty: 'OKP', crv: 'Ed25519', ...jwk }] })
    const entry = (change: object) =>
      JSON.stringify({ revocations: [{ tenant: 'a', vlans: '1', notBefore: 1, ...change }] })
    expect(
      [{ d: 'x' }, { 'socni.dev/state': 'old' }, { x: 'AA' }, { x: RFC8037.x, kid: 'mine' }].map(jwk =>
        placeOf(() => parseKeySet(keys(jwk))),
      ),
    ).toEqual(['keys.0.d', 'keys.0.socni.dev/state', 'keys.0.x', 'keys.0.kid'])
    expect(placeOf(() => parseKeySet('{}'))).toBe('keys')
    expect(placeOf(() => parseRevocations('{}'))).toBe('revocations')
    expect(
      [{ tenant: 1 }, { vlans: 1 }, { master: 1 }, { namespace: 1 }, { notBefore: 'x' }].map(change =>
        placeOf(() => parseRevocations(entry(change))),
      ),
    ).toEqual(
      ['tenant', 'vlans', 'master', 'namespace', 'notBefore'].map(member => `revocations.0.${member}`),
    )
  })

  it('is read as it is printed', () => {
    const all = { tenant: 'a', vlans: vlanSet(1, 2), master: 'eth0', namespace: 'b', notBefore: 5 }
    const { master: _, namespace: __, ...least } = all
    expect(parseRevocations(printRevocations([all, least]))).toEqual([all, least])
  })

  it('is printed as it is read', () => {
    expect(printRevocations([{ tenant: 'a', vlans: vlanSet(1, 2), notBefore: 5 }])).toContain(
      '"vlans": "1-2"',
    )
  })
})

describe('a digest', () => {
  it('is the same for other spellings of the same configuration, without what the runtime writes', () => {
    const one = configurationDigest({ type: 'vlan', vlanId: 100, master: 'eth0' }, sha256)
    expect(
      configurationDigest(
        {
          master: 'eth0',
          vlanId: 1e2,
          type: 'vlan',
          name: 'n',
          cniVersion: '1.0.0',
          args: { cni: {} },
          runtimeConfig: {},
          prevResult: {},
        },
        sha256,
      ),
    ).toBe(one)
    expect(configurationDigest({ type: 'vlan', vlanId: 101, master: 'eth0' }, sha256)).not.toBe(one)
  })
})

describe('the key files', () => {
  const directory = mkdtempSync(join(tmpdir(), 'socni-keys-'))
  afterAll(() => rmSync(directory, { recursive: true }))

  it('are made on first start, the private one for its owner alone, and used again', () => {
    const first = openKeys(directory)
    expect(statSync(join(directory, 'signing-key.json')).mode & 0o777).toBe(0o600)
    expect(openKeys(directory).signing.kid).toBe(first.signing.kid)
    expect(readFileSync(join(directory, 'keys.json'), 'utf8')).not.toContain('"d"')
  })

  it('are refused while others may read the private one, with the command that mends it', () => {
    const path = join(directory, 'signing-key.json')
    chmodSync(path, 0o644)
    expect(() => openKeys(directory)).toThrow(`chmod 600 ${path}`)
    expect(() => readKeys(directory)).toThrow(`chmod 600 ${path}`)
    chmodSync(path, 0o600)
  })

  it('are refused when one cannot be read, by its name', () => {
    writeFileSync(join(directory, 'revocations.json'), '{"revocations": [')
    expect(() => openKeys(directory)).toThrow(/revocations\.json: the JSON ends here/)
  })
})
