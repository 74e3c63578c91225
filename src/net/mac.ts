/** A hardware address: 6 bytes for Ethernet, 8 for EUI-64, 20 for InfiniBand. */
export type Mac = readonly number[]

const FORMS = [
  /^[0-9a-f]{2}(?::[0-9a-f]{2})+$/i,
  /^[0-9a-f]{2}(?:-[0-9a-f]{2})+$/i,
  /^[0-9a-f]{4}(?:\.[0-9a-f]{4})+$/i,
]

/** Reads an address as Go's net.ParseMAC: `00:00:5e:00:53:01`, `00-00-5e-00-53-01` or `0000.5e00.5301`. */
export function parseMac(text: string): Mac | undefined {
  // The longest form has 20 bytes, each with a separator.
  if (text.length > 59 || !FORMS.some(form => form.test(text))) return undefined
  const digits = text.replace(/[:.-]/g, '')
  const bytes = Array.from({ length: digits.length / 2 }, (_, index) =>
    Number.parseInt(digits.slice(2 * index, 2 * index + 2), 16),
  )
  return [6, 8, 20].includes(bytes.length) ? bytes : undefined
}

export function printMac(mac: Mac): string {
  return mac.map(byte => byte.toString(16).padStart(2, '0')).join(':')
}

/** The group bit, the lowest of the first byte (IEEE 802-2014 section 8.2.2): no interface may have such an address. */
export function isMulticastMac(mac: Mac): boolean {
  return ((mac[0] ?? 0) & 1) === 1
}

export function isZeroMac(mac: Mac): boolean {
  return mac.every(byte => byte === 0)
}
