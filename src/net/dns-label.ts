/** A name that namespaces, and our Tenants, may have: an RFC 1123 label. */
export const DNS_LABEL = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/

export function isDnsLabel(name: string): boolean {
  return DNS_LABEL.test(name)
}
