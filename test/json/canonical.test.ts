import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalize } from '../../src/json/canonical.ts'
import { readJson } from '../../src/json/reader.ts'
import type { JsonValue } from '../../src/json/value.ts'

describe('the canonical writer', () => {
  // https://www.rfc-editor.org/rfc/rfc8785#section-3.2.2
  it('prints the example of RFC 8785 section 3.2.2 as section 3.2.3 sorts it', () => {
    const value: JsonValue = {
      // biome-ignore lint/correctness/noPrecisionLoss: the RFC's own spelling.
      numbers: [333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000f\nA\'\u0042\u0022\u005c\\"/',
      literals: [null, true, false],
    }
    expect(canonicalize(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    )
  })

  // https://www.rfc-editor.org/rfc/rfc8785#section-3.2.3
  it('sorts by UTF-16 code units, as in RFC 8785 section 3.2.3', () => {
    const value = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '😀': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      ö: 'Latin Small Letter O With Diaeresis',
    }
    expect(canonicalize(value)).toBe(
      '{"\\r":"Carriage Return","1":"One","\u0080":"Control","ö":"Latin Small Letter O With Diaeresis","€":"Euro Sign","😀":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}',
    )
  })

  // https://www.rfc-editor.org/rfc/rfc8785#appendix-B
  it.each<[bits: string, printed: string]>([
    ['0000000000000000', '0'],
    ['8000000000000000', '0'],
    ['0000000000000001', '5e-324'],
    ['8000000000000001', '-5e-324'],
    ['7fefffffffffffff', '1.7976931348623157e+308'],
    ['ffefffffffffffff', '-1.7976931348623157e+308'],
    ['4340000000000000', '9007199254740992'],
    ['c340000000000000', '-9007199254740992'],
    ['4430000000000000', '295147905179352830000'],
    ['44b52d02c7e14af5', '9.999999999999997e+22'],
    ['44b52d02c7e14af6', '1e+23'],
    ['44b52d02c7e14af7', '1.0000000000000001e+23'],
    ['444b1ae4d6e2ef4e', '999999999999999700000'],
    ['444b1ae4d6e2ef4f', '999999999999999900000'],
    ['444b1ae4d6e2ef50', '1e+21'],
    ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
    ['3eb0c6f7a0b5ed8d', '0.000001'],
    ['41b3de4355555553', '333333333.3333332'],
    ['41b3de4355555554', '333333333.33333325'],
    ['41b3de4355555555', '333333333.3333333'],
    ['41b3de4355555556', '333333333.3333334'],
    ['41b3de4355555557', '333333333.33333343'],
    ['becbf647612f3696', '-0.0000033333333333333333'],
    ['43143ff3c1cb0959', '1424953923781206.2'],
  ])('prints the double %s as %s', (bits, printed) => {
    expect(canonicalize(Buffer.from(bits, 'hex').readDoubleBE())).toBe(printed)
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 'half \ud800 pair'])(
    'refuses %j, which I-JSON does not have',
    value => {
      expect(() => canonicalize(value)).toThrow(RangeError)
    },
  )

  it('gives the same text for what it printed', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        const reading = readJson(JSON.stringify(value))
        fc.pre(reading.ok)
        const once = canonicalize(reading.ok ? reading.value : null)
        const again = readJson(once)
        expect(again.ok && canonicalize(again.value)).toBe(once)
      }),
    )
  })
})
