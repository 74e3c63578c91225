import type { RuleSettings } from '../config/values.ts'
import { UnreadableFileError } from '../files/read-text.ts'
import { CLUSTER_CONFIGURATION, groupKind, NETWORK, TENANT } from '../kube/group-kind.ts'
import type { Manifest } from '../kube/manifest.ts'
import { withNamespace } from '../kube/workloads.ts'
import { effectiveFindings } from '../policy/decision.ts'
import type { Finding } from '../policy/finding.ts'
import { Inventory } from '../policy/inventory.ts'
import { isJudged, judge, jurisdictionOf } from '../policy/judge.ts'
import { putManifest } from '../policy/put-policy.ts'
import {
  type DisputedScalar,
  isProblem,
  type LocatedManifest,
  type LocatedProblem,
} from '../yaml/document.ts'
import { readLinted } from './configuration-map.ts'
import { withFileFindings } from './file-findings.ts'
import { readIgnores } from './ignores.ts'
import { checkKind, makesNetworks } from './kinds.ts'
import { compareFindings, type IgnoredFinding, type LintFinding, type Source } from './result.ts'
import { unreadableManifest } from './rules.ts'

/** What all files are judged by. Plain data, as it crosses threads. */
export interface JudgeTask {
  readonly policy: readonly Manifest[]
  /** From the command line and from socni.yaml; they stand above all others. */
  readonly rules: RuleSettings
  /** No cluster was asked, and what is in no file may be there all the same. */
  readonly isPartial: boolean
}

/** What a batch of files tells about itself before anything is judged. Plain data: it may cross threads. */
export interface Gathered {
  /** Manifests that others are judged by, in the order of the files. */
  readonly policy: readonly Manifest[]
  readonly manifests: number
  /** Documents that are no objects of a cluster, in files that nobody named. */
  readonly foreign: number
  /** Kinds of objects of which others make NADs. */
  readonly networkMakers: readonly string[]
  /** A line for each file that cannot be read. */
  readonly failures: readonly string[]
  /** By the index of the file. */
  readonly findings: readonly (readonly LintFinding[])[]
}

/** What a batch found, by the index of the file. */
export interface Judged {
  /** A line for each file that could be read before, and cannot any more. */
  readonly failures: readonly string[]
  readonly findings: readonly (readonly LintFinding[])[]
  readonly ignored: readonly (readonly IgnoredFinding[])[]
}

export interface BatchOptions {
  /** Where manifests go that do not say so, as with `kubectl -n`. */
  readonly namespace: string
  /** Linted files leave what is wrong with a Tenant to its rule; files that only give policy have no rules. */
  readonly isLinted: boolean
  /** Called after each file. */
  readonly onFile?: () => void
}

/** Manifests are kept for judging up to this many characters of text; the others are read a second time. */
const KEPT_CHARACTERS = 4 * 1024 * 1024

/** Kinds that other manifests are judged by. Pods are known for their bindings. */
const POLICY_KINDS: ReadonlySet<string> = new Set([
  NETWORK,
  TENANT,
  CLUSTER_CONFIGURATION,
  '/Namespace',
  '/Pod',
])

/** A manifest without its places: most have no finding, and the tree of a parsed file takes fifty times its text. */
interface KeptManifest {
  readonly manifest: Manifest
  /** Nothing but the rules can have something to say: no comment ignores anything, and no scalar is disputed. */
  readonly isPlain: boolean
}

/** Some files that are linted together: first they tell what they hold, then they are judged by what all files hold. */
export class Batch {
  readonly #sources: readonly Source[]
  readonly #options: BatchOptions
  readonly #kept = new Map<Source, readonly KeptManifest[]>()
  #keptCharacters = 0

  constructor(sources: readonly Source[], options: BatchOptions) {
    this.#sources = sources
    this.#options = options
  }

  gather(): Gathered {
    const policy: Manifest[] = []
    const failures: string[] = []
    const networkMakers = new Set<string>()
    let [manifests, foreign] = [0, 0]
    const findings = this.#sources.map(source => {
      const text = readOr(source, failures)
      const wrong: LintFinding[] = []
      const kept: KeptManifest[] = []
      const mayIgnore = text.includes('socni-ignore') || text.includes('ignore.socni.dev/')
      for (const item of readLinted(text)) {
        if (isProblem(item)) {
          if (isOthers(item, source)) foreign++
          else wrong.push(unreadable(item, source.path, text))
          continue
        }
        manifests++
        const located = this.#place(item)
        if (makesNetworks(located.manifest)) networkMakers.add(located.manifest.kind)
        policy.push(...policyIn(located.manifest))
        wrong.push(...this.#policyProblems(located, source.path, text))
        if (!isLinted(located.manifest)) continue
        const isPlain = !mayIgnore && located.disputedScalars().length === 0
        kept.push({ manifest: located.manifest, isPlain })
      }
      this.#keep(source, kept, text.length)
      this.#options.onFile?.()
      return wrong
    })
    return { policy, manifests, foreign, networkMakers: [...networkMakers], failures, findings }
  }

  judge({ policy, rules, isPartial }: JudgeTask): Judged {
    const inventory = new Inventory({ isPartial })
    for (const manifest of policy) putManifest(inventory, manifest)
    const findings: LintFinding[][] = []
    const ignored: IgnoredFinding[][] = []
    const failures: string[] = []
    for (const source of this.#sources) {
      const [found, left]: [LintFinding[], IgnoredFinding[]] = [[], []]
      const isClean = this.#kept
        .get(source)
        ?.every(({ manifest, isPlain }) => isPlain && findingsOf(manifest, [], inventory, rules).length === 0)
      for (const located of isClean ? [] : this.#manifestsOf(source, failures)) {
        for (const finding of judgeOne(located, source, inventory, rules)) {
          if ('reason' in finding) left.push(finding)
          else found.push(finding)
        }
      }
      findings.push(found.sort(compareFindings))
      ignored.push(left.sort(compareFindings))
      this.#kept.delete(source)
      this.#options.onFile?.()
    }
    return { findings, ignored, failures }
  }

  #keep(source: Source, kept: readonly KeptManifest[], length: number): void {
    const isSmall = this.#keptCharacters + length <= KEPT_CHARACTERS
    if (kept.length > 0 && !isSmall) return
    this.#kept.set(source, kept)
    if (kept.length > 0) this.#keptCharacters += length
  }

  /** Reads a file again, for the places of what is found in it. */
  *#manifestsOf(source: Source, failures: string[]): Iterable<LocatedManifest> {
    for (const item of readLinted(readOr(source, failures)))
      if (!isProblem(item) && isLinted(item.manifest)) yield this.#place(item)
  }

  #place(located: LocatedManifest): LocatedManifest {
    return { ...located, manifest: withNamespace(located.manifest, this.#options.namespace) }
  }

  /** A manifest is tried on an inventory of its own: what is wrong with it does not depend on others. */
  #policyProblems(located: LocatedManifest, path: string, text: string): LintFinding[] {
    const { manifest, place } = located
    const kind = groupKind(manifest)
    if (!kind.startsWith('socni.dev/') || (this.#options.isLinted && kind === TENANT)) return []
    return putManifest(new Inventory(), manifest).map(({ at, message }) => {
      const where = place(at)
      return {
        rule: unreadableManifest.id,
        severity: unreadableManifest.severity,
        title: unreadableManifest.title,
        message,
        at,
        path,
        place: where,
        object: describe(manifest),
        line: lineOf(text, where.line),
      }
    })
  }
}

/** What there are rules for, or would be if its kind were written right. */
function isLinted(manifest: Manifest): boolean {
  return isJudged(manifest) || checkKind(manifest).length > 0
}

/** What others are judged by in a manifest. Of a pod a Binding needs the metadata only. */
function policyIn(manifest: Manifest): Manifest[] {
  const kind = groupKind(manifest)
  if (!POLICY_KINDS.has(kind)) return []
  const { apiVersion, metadata } = manifest
  return [kind === '/Pod' ? { apiVersion, kind: 'Pod', metadata } : manifest]
}

function findingsOf(
  manifest: Manifest,
  disputed: readonly DisputedScalar[],
  inventory: Inventory,
  override: RuleSettings,
): Finding[] {
  return withFileFindings(manifest, disputed, judge(manifest, inventory, { override }))
}

/** The text of a file, or none and a line that says why. */
function readOr(source: Source, failures: string[]): string {
  try {
    return source.read()
  } catch (error) {
    if (!(error instanceof UnreadableFileError)) throw error
    failures.push(error.message)
    return ''
  }
}

/** Files of other tools lie beside manifests; whoever names a file means it. */
function isOthers({ problem, object }: LocatedProblem, { isNamed = true }: Source): boolean {
  if (problem === 'no-metadata') return object !== undefined && !isJudged(object)
  return problem === 'foreign' && !isNamed
}

function unreadable({ place, message, problem }: LocatedProblem, path: string, text: string): LintFinding {
  const { id: rule, severity, title } = unreadableManifest
  // Only a chart's templates have these; they are no YAML before Helm has read them.
  const isTemplate = problem === 'syntax' && /\{\{-?\s/.test(text)
  const hint = isTemplate ? '; a Helm chart is linted with helm template … | socni-ctl lint -' : ''
  const line = lineOf(text, place.line)
  return { rule, severity, title, message: message + hint, at: [], path, place, object: '', line }
}

function* judgeOne(
  located: LocatedManifest,
  { path, read }: Source,
  inventory: Inventory,
  rules: RuleSettings,
): Generator<LintFinding | IgnoredFinding> {
  const { manifest, place } = located
  const ignores = readIgnores(located, rule => rules[rule] === 'off')
  const findings = findingsOf(manifest, located.disputedScalars(), inventory, rules)
  const effective = effectiveFindings(findings, jurisdictionOf(manifest, inventory), rules)
  let text: string | undefined
  const complete = (finding: Finding, where: LintFinding['place']): LintFinding => {
    text ??= read()
    const { at, inside = [], fix, placed: message = finding.message } = finding
    const fixPlace = fix && located.placeOfFix(at, inside, fix)
    const object = describe(manifest)
    const line = lineOf(text, where.line)
    return { ...finding, message, path, place: where, object, line, ...(fixPlace && { fixPlace }) }
  }
  for (const finding of effective) {
    const whole = complete(finding, place(finding.at, finding.inside))
    const reason = ignores.reasonFor(finding.rule, finding.at, whole.place.line)
    yield reason === undefined ? whole : { ...whole, reason }
  }
  for (const { rule, message, at, place: where } of ignores.violations()) {
    const { id, severity, title } = rule
    const own = effectiveFindings(
      [{ rule: id, severity, title, message, at }],
      jurisdictionOf(manifest, inventory),
      rules,
    )
    for (const finding of own) yield complete(finding, where)
  }
}

function describe({ kind, metadata }: Manifest): string {
  const name = metadata.name ?? metadata.generateName ?? ''
  return `${kind} ${metadata.namespace === undefined ? name : `${metadata.namespace}/${name}`}`
}

function lineOf(text: string, line: number): string {
  let start = 0
  for (let count = 1; count < line; count++) {
    const next = text.indexOf('\n', start)
    if (next === -1) return ''
    start = next + 1
  }
  const end = text.indexOf('\n', start)
  return (end === -1 ? text.slice(start) : text.slice(start, end)).replace(/\r$/, '')
}
