import { describe, expect, it } from 'vitest'
import { delegationOf } from '../../plugin/own-type.ts'
import type { JsonObject } from '../../src/json/value.ts'

describe('what the guard hands on to the real plugin', () => {
  const handedOn = (type: string, config: JsonObject) => {
    const body = { type, ...config }
    const wrapped = { type: 'socni', name: 'lab', delegate: body }
    expect(delegationOf('socni', wrapped).body).toMatchObject(delegationOf(type, body).body)
    const { type: _, ...rest } = delegationOf(type, body).body
    return rest
  }

  it('is the key that the vlan plugin reads', () => {
    expect(handedOn('vlan', { vlan: 100 })).toEqual({ vlanId: 100 })
    expect(handedOn('vlan', { vlan: 100, vlanId: 200 })).toEqual({ vlan: 100, vlanId: 200 })
    expect(handedOn('macvlan', { vlan: 100 })).toEqual({ vlan: 100 })
  })

  // From 1.3.0 to 1.7.1 the plugin's own default is true: seen with 1.7.1, "bridge vlan show".
  it('keeps a port with a VLAN out of the default one of its bridge, unless that was admitted', () => {
    expect(handedOn('bridge', { vlan: 100 })).toEqual({ vlan: 100, preserveDefaultVlan: false })
    expect(handedOn('cnv-bridge', { vlan: 100 })).toEqual({ vlan: 100, preserveDefaultVlan: false })
    const admitted = { vlan: 100, preserveDefaultVlan: true }
    expect(handedOn('bridge', admitted)).toEqual(admitted)
    expect(handedOn('bridge', { bridge: 'br0' })).toEqual({ bridge: 'br0' })
  })
})
