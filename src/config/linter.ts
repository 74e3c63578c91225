import { z } from 'zod'
import { type DocumentReading, readDocument } from './document.ts'
import { namespaceName, ruleSettings } from './values.ts'

const path = z.string().min(1)

const linterConfiguration = z.strictObject({
  paths: z.array(path).default([]).describe('What to lint when the command line names nothing.'),
  policy: z.array(path).default([]).describe('Tenants, cluster configuration and NADs that are not linted.'),
  exclude: z.array(path).default([]).describe('Patterns of files that are left out of directories.'),
  namespace: namespaceName.optional().describe('Where manifests go that do not say so.'),
  rules: ruleSettings.default({}).describe('off, warn or deny for single rules.'),
  failOn: z.enum(['error', 'warning']).optional().describe('What fails a run.'),
  maxWarnings: z.int().min(0).optional().describe('Fail when there are more.'),
  baseline: path.optional().describe('File of findings that are known.'),
})

/** What socni.yaml says. Its paths are relative to it; flags of the command line stand above it. */
export type LinterConfiguration = z.infer<typeof linterConfiguration>

export const noLinterConfiguration: LinterConfiguration = linterConfiguration.parse({})

export function readLinterConfiguration(document: unknown): DocumentReading<LinterConfiguration> {
  return readDocument(linterConfiguration, document ?? {})
}
