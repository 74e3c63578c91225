import { quote } from '../json/quote.ts'
import type { Path } from '../json/value.ts'
import { isRecord } from '../kube/manifest.ts'
import type { LocatedManifest, Place } from '../yaml/document.ts'
import { type FileRule, ruleText, unexplainedIgnore, unusedIgnore } from './rules.ts'

/** Annotations that ignore a rule for a whole manifest: `ignore.socni.dev/default-route: "the gateway is ours"`. */
const ANNOTATION_PREFIX = 'ignore.socni.dev/'

/** `# socni-ignore default-route: the gateway is ours`; everything behind the first word is looked at for mistakes. */
const COMMENT = /^#\s*socni-ignore\b[ \t]*([^\s:]*)[ \t]*(?::[ \t]*(.*?))?\s*$/

/** Somebody's wish that findings of one rule be left alone, in one place. */
interface Ignore {
  readonly rule: string
  readonly reason: string
  readonly place: Place
  /** Undefined: the whole manifest. */
  readonly line: number | undefined
}

/** A finding of a file rule, before it has a path. */
export interface FileViolation {
  readonly rule: FileRule
  readonly message: string
  readonly at: Path
  readonly place: Place
}

export interface Ignores {
  /** Why a finding at this field and line is ignored; undefined when it is not. */
  reasonFor(rule: string, at: Path, line: number): string | undefined
  /** What is wrong with the ignores themselves; asked when all findings were. */
  violations(): FileViolation[]
}

/** Reads the comments and annotations of a manifest that ignore findings. */
export function readIgnores(located: LocatedManifest, isOff: (rule: string) => boolean): Ignores {
  const ignores: Ignore[] = []
  const wrong: FileViolation[] = []
  const add = (rule: string, reason: string | undefined, place: Place, line: number | undefined): void => {
    const form =
      line === undefined ? `${ANNOTATION_PREFIX}${rule}: because …` : `# socni-ignore ${rule}: because …`
    const problem = problemOf(rule, reason, form)
    if (problem === undefined) ignores.push({ rule, reason: reason ?? '', place, line })
    else wrong.push({ rule: unexplainedIgnore, message: problem, at: [], place })
  }
  for (const { text, line, column, aboutLine } of located.comments()) {
    const [match, rule = '', reason] = COMMENT.exec(text) ?? []
    if (match === undefined) continue
    add(rule, reason, { line, column, endLine: line, endColumn: column + text.length }, aboutLine)
  }
  const { annotations } = located.manifest.metadata
  for (const [key, reason] of Object.entries(isRecord(annotations) ? annotations : {})) {
    if (!key.startsWith(ANNOTATION_PREFIX)) continue
    const place = located.place(['metadata', 'annotations', key])
    add(
      key.slice(ANNOTATION_PREFIX.length),
      typeof reason === 'string' ? reason : undefined,
      place,
      undefined,
    )
  }

  const used = new Set<Ignore>()
  return {
    reasonFor(rule, at, line) {
      if (ignores.length === 0) return undefined
      const lines = [...located.linesAlong(at), line]
      const found = ignores.filter(
        ignore => ignore.rule === rule && (ignore.line === undefined || lines.includes(ignore.line)),
      )
      for (const ignore of found) used.add(ignore)
      return found[0]?.reason
    },
    violations() {
      // A rule that does not run says nothing of what it would find.
      const unused = ignores.filter(ignore => !used.has(ignore) && !isOff(ignore.rule))
      return [
        ...wrong,
        ...unused.map(({ rule, place }) => ({
          rule: unusedIgnore,
          message: `nothing here breaks "${rule}": remove the comment or annotation`,
          at: [],
          place,
        })),
      ]
    },
  }
}

function problemOf(rule: string, reason: string | undefined, form: string): string | undefined {
  if (ruleText(rule) === undefined) return `"${rule}" is no rule: socni-ctl rules lists them`
  if (reason === undefined || reason.trim() === '')
    return `"${rule}" is ignored without a reason: write ${quote(form)}`
  return undefined
}
