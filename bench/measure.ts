/** The middle value. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** The value below which this share of the values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** Microseconds for one call: the median of several rounds, each of about 50 ms, after a warm-up. */
export function microseconds(work: () => unknown, rounds = 7): number {
  let calls = 1
  for (let elapsed = 0; elapsed < 50; calls *= 2) elapsed = milliseconds(work, calls)
  const times = Array.from({ length: rounds }, () => (milliseconds(work, calls) * 1000) / calls)
  return median(times)
}

function milliseconds(work: () => unknown, calls: number): number {
  const start = performance.now()
  for (let call = 0; call < calls; call++) work()
  return performance.now() - start
}

/** A row of a table for a terminal: the name, then its figures. */
export function row(name: string, ...figures: readonly string[]): string {
  return `  ${name.padEnd(44)}${figures.map(figure => figure.padStart(16)).join('')}`
}
