import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { generatedFiles } from './generated-files.ts'

/** Writes everything that is made from the source (generated-files.ts), and removes what no longer is. CI checks for a diff. */
const root = new URL('..', import.meta.url).pathname
const files = generatedFiles()
for (const [path, content] of files) {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), content)
}
for (const name of readdirSync(join(root, 'docs/rules'))) {
  if (!files.has(`docs/rules/${name}`)) rmSync(join(root, 'docs/rules', name))
}
