import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { tenantSchema } from '../config/tenant-crd.ts'
import { nearWord } from '../json/distance.ts'
import { quote, quoteValue } from '../json/quote.ts'
import type { JsonValue, Path } from '../json/value.ts'
import { groupKind, NETWORK, TENANT } from '../kube/group-kind.ts'
import { isRecord, type Manifest } from '../kube/manifest.ts'
import { checkKind } from './kinds.ts'

/** What the API server checks before any webhook is asked, where the resource definition says so. */
export interface SchemaProblem {
  readonly at: Path
  readonly message: string
  /** The field that was meant, which is missing for that alone. */
  readonly meant?: Path
}

/** The NAD's definition as Multus installs it (multus-cni deployments/multus-daemonset.yml), with its unknown fields. */
const NAD_SCHEMA = {
  type: 'object',
  properties: {
    spec: { type: 'object', properties: { config: { type: 'string' } }, additionalProperties: false },
  },
}

/** Annotations and labels are maps of text in every object (apimachinery meta/v1 ObjectMeta). */
const METADATA_SCHEMA = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    namespace: { type: 'string' },
    annotations: { type: ['object', 'null'], additionalProperties: { type: 'string' } },
    labels: { type: ['object', 'null'], additionalProperties: { type: 'string' } },
  },
}

const schemas = new Map<string, () => object>([
  [NETWORK, () => NAD_SCHEMA],
  [TENANT, tenantSchema],
])

const compiled = new Map<string, ValidateFunction>()
// The OpenAPI formats of our own definition are annotations; patterns say the rest.
const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false, verbose: true })

/** Checks a manifest against the definition of its resource, and its metadata against everybody's. */
export function checkSchema(manifest: Manifest): SchemaProblem[] {
  const kind = groupKind(manifest)
  return [
    ...checkKind(manifest),
    ...check('metadata', () => METADATA_SCHEMA, manifest.metadata, ['metadata']),
    ...(schemas.has(kind) ? check(kind, schemas.get(kind) ?? (() => ({})), manifest, []) : []),
  ]
}

function check(name: string, schema: () => object, value: unknown, at: Path): SchemaProblem[] {
  let validate = compiled.get(name)
  if (validate === undefined) {
    validate = ajv.compile(schema())
    compiled.set(name, validate)
  }
  return validate(value) ? [] : (validate.errors ?? []).map(error => problemOf(error, value, at))
}

function problemOf(error: ErrorObject, root: unknown, prefix: Path): SchemaProblem {
  // RFC 6901: ~1 is a slash, ~0 a tilde; a list's index is a number.
  const steps = error.instancePath.split('/').slice(1)
  const at: (string | number)[] = []
  let value = root
  for (const step of steps.map(part => part.replaceAll('~1', '/').replaceAll('~0', '~'))) {
    at.push(Array.isArray(value) ? Number(step) : step)
    value = (value as Record<string, unknown>)[step]
  }
  const unknown: unknown = error.params.additionalProperty
  if (error.keyword === 'additionalProperties' && typeof unknown === 'string') {
    const meant = meantBy(unknown, error, value)
    return {
      at: [...prefix, ...at, unknown],
      message: `${quote(unknown)} is no field here: ${meant === undefined ? 'remove it' : `write ${quote(meant)}`}`,
      ...(meant !== undefined && { meant: [...prefix, ...at, meant] }),
    }
  }
  const missing: unknown = error.params.missingProperty
  if (error.keyword === 'required' && typeof missing === 'string')
    return { at: [...prefix, ...at, missing], message: `${quote(missing)} is missing: write it` }
  const shown = quoteValue((value ?? null) as JsonValue)
  const isText = error.keyword === 'type' && error.params.type === 'string'
  const instead = typeof value === 'object' ? `write it as one text of JSON, '{…}'` : 'write it in quotes'
  const message = isText
    ? `${shown} is no text: ${instead}`
    : `${shown}: ${error.message ?? 'it is not accepted'}`
  return { at: [...prefix, ...at], message }
}

/** A field that differs in case or in a letter, and is not there. */
function meantBy(unknown: string, { parentSchema }: ErrorObject, value: unknown): string | undefined {
  const fields = Object.keys(parentSchema?.properties ?? {})
  const missing = fields.filter(field => !isRecord(value) || value[field] === undefined)
  return nearWord(unknown, missing, 1)
}
