import { describe, expect, it } from 'vitest'
import type { AdmissionRequest } from '../../src/kube/admission.ts'
import { Currency } from '../../webhook/current.ts'

const request = (operation: AdmissionRequest['operation'], kind = 'Pod') =>
  ({ uid: '7', operation, kind: { kind }, resource: {} }) as AdmissionRequest

/** A store that has heard from the API server so long ago, and hears of it again when it is hurried, or does not. */
function currencyOf(state: { unread?: string; seconds: number; afterHurry?: number }) {
  let { seconds } = state
  const currency = new Currency({
    unread: () => state.unread,
    staleness: () => seconds,
    hurry: () => {
      seconds = state.afterHurry ?? seconds
    },
  })
  const decide = currency.guard(({ uid }) => ({ uid, allowed: true }))
  return {
    currency,
    decide: (operation: AdmissionRequest['operation']) => decide(request(operation), 'mutate'),
  }
}

describe('what is known of the policy', () => {
  it('is enough for a decision within fifty seconds of a word of the API server, and right after one', async () => {
    for (const state of [{ seconds: 50 }, { seconds: 51, afterHurry: 0 }]) {
      const { currency, decide } = currencyOf(state)
      expect(await decide('CREATE')).toEqual({ uid: '7', allowed: true })
      expect(currency.obstacle()).toBeUndefined()
    }
  })

  // Whoever is asked again is waited for: side by side.
  it.concurrent('is not enough later, for anything but a removal; whoever had to refuse is not ready', async () => {
    const { currency, decide } = currencyOf({ seconds: 51 })
    expect(currency.obstacle()).toBeUndefined()
    expect(await decide('DELETE')).toMatchObject({
      allowed: true,
      warnings: [expect.stringContaining('51 s')],
    })
    expect(await decide('UPDATE')).toMatchObject({
      uid: '7',
      allowed: false,
      status: {
        code: 503,
        message: 'socni-webhook cannot tell what is granted: the API server was not heard from for 51 s',
      },
    })
    expect(currency.obstacle()).toBe('the API server was not heard from for 51 s')
  })

  it.concurrent('keeps no pod from being scheduled, with what it has', async () => {
    const { currency } = currencyOf({ seconds: 51 })
    const decide = currency.guard(({ uid }) => ({ uid, allowed: true, patch: 'signed' }))
    const binding = request('CREATE', 'Binding')
    expect(await decide(binding, 'mutate')).toEqual({ uid: '7', allowed: true })
    // One that brings networks of its own.
    expect(await decide(binding, 'validate')).toMatchObject({ allowed: false })
  })

  it('has the API server asked again by who is looked at, and not only by who is asked', () => {
    const { currency } = currencyOf({ seconds: 130, afterHurry: 0 })
    currency.obstacle()
    expect(currency.obstacle()).toBeUndefined()
  })

  it('is none before it was read', async () => {
    const { currency, decide } = currencyOf({ seconds: 0, unread: 'nothing was read yet' })
    expect(await decide('CREATE')).toMatchObject({ allowed: false, status: { code: 503 } })
    expect(currency.obstacle()).toBe('nothing was read yet')
  })

  it('is no longer that of a ready replica after two minutes, asked or not', () => {
    expect([120, 121].map(seconds => currencyOf({ seconds }).currency.obstacle())).toEqual([
      undefined,
      'the API server was not heard from for 121 s',
    ])
  })
})
