/**
 * Whether one resourceVersion is as new as another one of the same kind: decimal numbers that grow (Kubernetes KEP-5504,
 * "Comparable Resource Version"). Texts of the API server that are none are as new only as themselves.
 */
export function isAsNew(version: string, other: string): boolean {
  if (!isNumber(version) || !isNumber(other)) return version === other
  return version.length === other.length ? version >= other : version.length > other.length
}

function isNumber(version: string): boolean {
  return /^[1-9][0-9]*$/.test(version)
}
