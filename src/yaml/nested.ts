import {
  isProblem,
  type LocatedManifest,
  type LocatedProblem,
  type LocatedText,
  readDocuments,
} from './document.ts'
import type { Place } from './parse.ts'

/** The documents in a text that a field of another manifest holds, with their places in the file. */
export function* readNested(outer: LocatedText): Generator<LocatedManifest | LocatedProblem> {
  const { text } = outer
  const starts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)]
  const offsetOf = (line: number, column: number): number =>
    Math.max(0, Math.min((starts[line - 1] ?? 0) + column - 1, text.length - 1))
  const placeOf = ({ line, column, endLine, endColumn }: Place): Place =>
    outer.place(offsetOf(line, column), offsetOf(endLine, endColumn))
  const lineOf = (line: number): number => outer.place(offsetOf(line, 1), offsetOf(line, 2)).line
  for (const item of readDocuments(text)) {
    if (isProblem(item)) {
      yield { ...item, place: placeOf(item.place) }
      continue
    }
    yield {
      ...item,
      place: (at, inside) => placeOf(item.place(at, inside)),
      placeOfFix(at, inside, fix) {
        const place = item.placeOfFix(at, inside, fix)
        return place && placeOf(place)
      },
      textAt: () => undefined,
      linesAlong: at => item.linesAlong(at).map(lineOf),
      comments: () =>
        item.comments().map(comment => ({
          ...comment,
          line: lineOf(comment.line),
          aboutLine: lineOf(comment.aboutLine),
        })),
      // To kubectl it is one text, whatever is in it.
      disputedScalars: () => [],
    }
  }
}
