/**
 * Whether a JSON number literal survives Go's way through float64 unchanged: its decimal value must be the shortest
 * decimal that reads back as the same double. `100.0` and `1e2` are 100; `4094.0000000000000001` is silently 4094 to Go
 * and to JavaScript, but another number to a reader with decimals, so it is refused.
 */
export function isExactNumber(literal: string): boolean {
  // Nearly every number in a configuration; 15 digits always fit a double.
  if (/^(?:0|[1-9][0-9]{0,14})$/.test(literal)) return true
  const value = Number(literal)
  return Number.isFinite(value) && normalize(literal) === normalize(String(value))
}

/** Significant digits and decimal exponent: `-1.50e3` → `-15e2`; every zero → `0`. */
function normalize(literal: string): string {
  const [mantissa = '', exponentText = '0'] = literal.toLowerCase().split('e')
  const negative = mantissa.startsWith('-')
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.')
  const digits = stripLeadingZeros(whole + fraction)
  const significant = stripTrailingZeros(digits)
  if (significant === '') return '0'
  const exponent = Number(exponentText) - fraction.length + (digits.length - significant.length)
  return `${negative ? '-' : ''}${significant}e${exponent}`
}

// Loops, since /0+$/ takes quadratic time on a long run of zeros that does not end the text.
function stripLeadingZeros(digits: string): string {
  let start = 0
  while (digits.charCodeAt(start) === 0x30) start++
  return digits.slice(start)
}

function stripTrailingZeros(digits: string): string {
  let end = digits.length
  while (end > 0 && digits.charCodeAt(end - 1) === 0x30) end--
  return digits.slice(0, end)
}
