import { isRecord } from '../kube/manifest.ts'

/** What the values of a chart have for an option of a section, or the chart's own default; and how that is told. */
export function chartSetting(
  given: unknown,
  section: string,
  option: string,
  byDefault: string,
): { value: string; shown: string } {
  const own = isRecord(given) && typeof given[option] === 'string' ? given[option] : undefined
  const value = own ?? byDefault
  const origin = own === undefined ? ", the chart's default" : ''
  return { value, shown: `"${section}.${option}": "${value}"${origin}` }
}
