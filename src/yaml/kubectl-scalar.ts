/** What a scalar can be once it is JSON. */
export type ScalarValue = string | number | boolean | null

const WORDS: ReadonlyMap<string, ScalarValue> = new Map([
  ...spellings(true, 'y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'),
  ...spellings(false, 'n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'),
  ...spellings(null, '', '~', 'null', 'Null', 'NULL'),
])

function spellings(value: ScalarValue, ...texts: string[]): [string, ScalarValue][] {
  return texts.map(text => [text, value])
}

const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/

/**
 * What kubectl and the API server make of a scalar without quotes. They read YAML 1.1, with the exceptions of their
 * library: `on` is true, `0100` is 64, `1_000` is 1000, but `12:30` stays text.
 * Source: sigs.k8s.io/yaml goyaml.v2/resolve.go resolve(), and run with kubectl 1.34.
 */
export function readAsKubectl(text: string): ScalarValue {
  const word = WORDS.get(text)
  if (word !== undefined) return word
  if (!/^[-+.0-9]/.test(text)) return text
  const plain = text.replaceAll('_', '')
  return readInteger(plain) ?? (FLOAT.test(plain) ? Number(plain) : text)
}

/** strconv.ParseInt(text, 0, 64): the prefix tells the base, and a leading zero means eight. */
function readInteger(text: string): number | undefined {
  const [, sign = '', digits = ''] = /^([-+]?)([0-9].*)$/.exec(text) ?? []
  const magnitude = readMagnitude(digits)
  if (magnitude === undefined) return undefined
  return sign === '-' && magnitude !== 0 ? -magnitude : magnitude
}

function readMagnitude(digits: string): number | undefined {
  if (/^0[0-7]+$/.test(digits)) return Number.parseInt(digits, 8)
  if (/^(?:0|[1-9][0-9]*|0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+)$/.test(digits)) return Number(digits)
  return undefined
}
