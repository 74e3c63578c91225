import { readFileSync } from 'node:fs'
import { stringify } from 'yaml'
import type { KeyTree } from '../src/cni/facts/extractor.ts'
import { extractors } from '../src/cni/facts/extractors.ts'
import { COMMON_KEYS } from '../src/cni/facts/keys.ts'
import { tenantCrd } from '../src/config/tenant-crd.ts'
import type { Manifest } from '../src/kube/manifest.ts'
import { lint } from '../src/lint/lint.ts'
import { type FileRule, fileRules, type RuleText, ruleTexts } from '../src/lint/rules.ts'
import { exampleWorld } from '../src/policy/example.ts'
import { Inventory } from '../src/policy/inventory.ts'
import { judge } from '../src/policy/judge.ts'
import { putManifest } from '../src/policy/put-policy.ts'
import { allRules, rules } from '../src/policy/rules/index.ts'
import { chartFiles } from './chart.ts'
import { commandReference } from './command-reference.ts'

type AnyRule = (typeof allRules)[number]

/** Path and content of every generated file. */
export function generatedFiles(): ReadonlyMap<string, string> {
  // kubectl reads YAML 1.1, where off is false.
  const crd = stringify(tenantCrd(), { version: '1.1', lineWidth: 0 })
  return new Map([
    ...allRules.map((rule): [string, string] => [`docs/rules/${rule.id}.md`, rulePage(rule)]),
    ...fileRules.map((rule): [string, string] => [`docs/rules/${rule.id}.md`, fileRulePage(rule)]),
    ['docs/rules/README.md', rulesIndex()],
    ['docs/socni-ctl.md', commandReference()],
    ['manifests/crds/tenant.yaml', crd],
    ...chartFiles(crd),
    ['README.md', readme()],
    ['src/cni/facts/known-keys.ts', knownKeysModule()],
  ])
}

const KINDS: Readonly<Record<keyof typeof rules, string>> = {
  attachment: 'Networks (NetworkAttachmentDefinition)',
  removal: 'Networks that are deleted',
  selection: 'Networks that a pod selects',
  pod: 'Pods and pod templates',
  workload: 'What makes pods',
  tenant: 'Tenants',
  namespace: 'Namespaces',
  binding: 'Bindings',
  settings: 'Settings of rules',
}

function rulePage(rule: AnyRule): string {
  return `# ${rule.id}

${rule.title}. (${rule.severity})

${rule.why}

## Refused

${examples(rule.bad)}
\`\`\`
${messages(rule.bad)}
\`\`\`

## Accepted

${examples(rule.good)}
Source: ${rule.source}

The examples stand in the [example world](README.md#the-example-world).
`
}

/** Collected ahead, since the guard starts anew for each interface. */
function knownKeysModule(): string {
  const keys = new Set<string>()
  const add = (tree: KeyTree): void => {
    for (const [key, inner] of Object.entries(tree)) {
      keys.add(key)
      add(inner)
    }
  }
  for (const tree of [COMMON_KEYS, ...extractors.map(extractor => extractor.keys)]) add(tree)
  const list = [...keys]
    .sort()
    .join(' ')
    .replaceAll(/(.{1,100})(?: |$)/g, "  '$1 ' +\n")
    .replace(/ ' \+\n$/, "'")
  return `/**
 * Every key that some extractor knows: the strict reader refuses keys that Go only folds onto one of them.
 * Written by "npm run generate".
 */
export const knownKeys: ReadonlySet<string> = new Set(
  (
    ${list.trimStart().replaceAll('\n  ', '\n    ')}
  ).split(' '),
)
`
}

/** Rules about files have YAML as it is written for examples, and only the linter evaluates them. */
function fileRulePage({ id, title, severity, why, bad, good, source }: FileRule): string {
  const linted = lint([{ path: 'bad.yaml', read: () => bad }], {
    policy: [],
    rules: {},
    namespace: 'default',
  })
  const said = linted.findings.map(finding => `${finding.title}: ${finding.message} [${finding.rule}]`)
  return `# ${id}

${title}. (${severity}, in the linter only)

${why}

## Refused

\`\`\`yaml
${bad}\`\`\`

\`\`\`
${said.join('\n')}
\`\`\`

## Accepted

\`\`\`yaml
${good}\`\`\`

Source: ${source}
`
}

function examples({ given = [], manifest, request }: AnyRule['bad']): string {
  const beside = given.length === 0 ? '' : `Beside it exists:\n\n${fenced(given)}\n`
  const before =
    request !== undefined && 'before' in request
      ? `Changed from:\n\n${fenced([request.before])}\nto:\n\n`
      : ''
  const removal = request !== undefined && 'isRemoval' in request ? 'Deleted:\n\n' : ''
  const who = request !== undefined && 'user' in request ? `Applied by "${request.user}":\n\n` : ''
  return `${beside}${before}${removal}${who}${fenced([manifest])}`
}

/** What the webhook says about an example, by judging it. */
function messages({ given = [], manifest, request }: AnyRule['bad']): string {
  const inventory = new Inventory()
  for (const other of [...exampleWorld, ...given]) putManifest(inventory, other)
  return judge(manifest, inventory, request)
    .map(({ title, message, rule }) => `${title}: ${message} [${rule}]`)
    .join('\n')
}

function rulesIndex(): string {
  const sections = (Object.keys(rules) as (keyof typeof rules)[]).map(
    kind =>
      `## ${KINDS[kind]}\n\n${table(
        rules[kind].map(rule => `[${rule.id}](${rule.id}.md)`),
        rules[kind],
      )}`,
  )
  return `# Rules

${sections.join('\n\n')}

## Files (the linter only)

${table(
  fileRules.map(({ id }) => `[${id}](${id}.md)`),
  fileRules,
)}

## The example world

Every example stands in this world, in a K3s cluster with its default addresses:

${fenced(exampleWorld)}`
}

function table(links: readonly string[], list: readonly RuleText[]): string {
  const rows = list.map(({ title, severity }, index) => `| ${links[index]} | ${severity} | ${title} |`)
  return `| rule | severity | what it finds |\n| --- | --- | --- |\n${rows.join('\n')}`
}

/** The README with its table of rules made anew. */
function readme(): string {
  const text = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const list = table(
    ruleTexts.map(({ id }) => `[${id}](docs/rules/${id}.md)`),
    ruleTexts,
  )
  return text.replace(
    /(<!-- rules -->\n).*?(<!-- \/rules -->)/s,
    (_, open, close) => `${open}${list}\n${close}`,
  )
}

function fenced(manifests: readonly Manifest[]): string {
  return `\`\`\`yaml\n${manifests.map(toYaml).join('---\n')}\`\`\`\n`
}

function toYaml(value: object): string {
  return stringify(value, { lineWidth: 0, blockQuote: 'literal', aliasDuplicateObjects: false })
}
