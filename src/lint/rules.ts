import type { Severity } from '../policy/finding.ts'
import { allRules } from '../policy/rules/index.ts'

/** What people are told about a rule, whoever evaluates it. */
export interface RuleText {
  readonly id: string
  readonly title: string
  readonly severity: Severity
  readonly why: string
  readonly source: string
}

/** A rule about the file and not about what it means: only the linter sees files. Its examples are YAML as written. */
export interface FileRule extends RuleText {
  readonly good: string
  readonly bad: string
}

export const unreadableManifest: FileRule = {
  id: 'unreadable-manifest',
  title: 'The document cannot be read',
  severity: 'error',
  why: 'What cannot be read cannot be judged, and other manifests would be judged without it.',
  source: 'YAML 1.2.2; Kubernetes API conventions, Objects',
  good: 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: finance\n',
  bad: 'apiVersion: v1\nkind: Namespace\nmetadata: {name: finance\n',
}

export const invalidManifest: FileRule = {
  id: 'invalid-manifest',
  title: 'The API server does not take, or does not keep, this field',
  severity: 'error',
  why: 'A field that the resource definition does not know is dropped without a word, and one of another type is refused.',
  source:
    'NetworkAttachmentDefinition CRD v1 (k8snetworkplumbingwg/multus-cni deployments); manifests/crds/tenant.yaml',
  good: 'apiVersion: k8s.cni.cncf.io/v1\nkind: NetworkAttachmentDefinition\nmetadata:\n  name: ledger\nspec:\n  config: \'{"cniVersion": "1.0.0", "type": "loopback"}\'\n',
  bad: 'apiVersion: k8s.cni.cncf.io/v1\nkind: NetworkAttachmentDefinition\nmetadata:\n  name: ledger\nspec:\n  config: \'{"cniVersion": "1.0.0", "type": "loopback"}\'\n  vlan: 100\n',
}

export const disputedScalar: FileRule = {
  id: 'disputed-scalar',
  title: 'kubectl reads this value otherwise than YAML 1.2 has it',
  severity: 'error',
  why: 'kubectl reads YAML 1.1, where on is true and 0100 is 64; tools that read YAML 1.2 see other VLANs and names.',
  source: 'sigs.k8s.io/yaml goyaml.v2/resolve.go; YAML 1.2.2 section 10.3',
  good: 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: finance\n  labels:\n    vlan: "0100"\n',
  bad: 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: finance\n  labels:\n    vlan: 0100\n',
}

export const unexplainedIgnore: FileRule = {
  id: 'unexplained-ignore',
  title: 'An ignored finding needs the id of its rule and a reason',
  severity: 'error',
  why: 'Whoever reads the manifest next year must be able to tell whether the reason still holds.',
  source: 'docs/lint.md, Ignoring a finding',
  good: '# socni-ignore namespace-without-tenant: moved to tenant finance on Monday\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: finance\n',
  bad: '# socni-ignore namespace-without-tenant\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: finance\n',
}

export const unusedIgnore: FileRule = {
  id: 'unused-ignore',
  title: 'Nothing is ignored here',
  severity: 'warning',
  why: 'It would hide the next finding of that rule, which nobody has looked at.',
  source: 'docs/lint.md, Ignoring a finding',
  good: 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: finance\n',
  bad: '# socni-ignore default-route: the gateway is ours\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: finance\n',
}

export const fileRules: readonly FileRule[] = [
  unreadableManifest,
  invalidManifest,
  disputedScalar,
  unexplainedIgnore,
  unusedIgnore,
]

/** Every rule that a finding of the linter may be of. */
export const ruleTexts: readonly RuleText[] = [...allRules, ...fileRules]

const byId: ReadonlyMap<string, RuleText> = new Map(ruleTexts.map(rule => [rule.id, rule]))

export function ruleText(id: string): RuleText | undefined {
  return byId.get(id)
}
