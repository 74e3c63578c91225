import type { Finding } from '../policy/finding.ts'

/** Kubernetes cuts warnings of over 256 bytes, and drops all that are left after 4,096 (apiserver pkg/warning). */
const MAX_BYTES = 256
const MAX_TOTAL_BYTES = 4096

/** Warnings as kubectl shows them, the rule's id first so that it survives being cut. */
export function warningsOf(findings: readonly Finding[]): string[] {
  const warnings: string[] = []
  let total = 0
  for (const { rule, message } of findings) {
    const warning = cut(`[${rule}] ${message}`)
    total += Buffer.byteLength(warning)
    if (total > MAX_TOTAL_BYTES) break
    warnings.push(warning)
  }
  return warnings
}

function cut(text: string): string {
  if (Buffer.byteLength(text) <= MAX_BYTES) return text
  let kept = text.slice(0, MAX_BYTES)
  while (Buffer.byteLength(kept) > MAX_BYTES - 3) kept = kept.slice(0, -1)
  return `${kept.toWellFormed()}…`
}
