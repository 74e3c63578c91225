import { renderGithub } from './github.ts'
import { renderGitlab } from './gitlab.ts'
import { renderJson } from './json.ts'
import { renderJunit } from './junit.ts'
import type { Report } from './report.ts'
import { renderSarif } from './sarif.ts'
import { renderText } from './text.ts'

/** Every format by its name on the command line. */
export const reports: ReadonlyMap<string, Report> = new Map([
  ['text', renderText],
  ['json', renderJson],
  ['sarif', renderSarif],
  ['github', renderGithub],
  ['gitlab', renderGitlab],
  ['junit', renderJunit],
])
