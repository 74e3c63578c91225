#!/usr/bin/env node
// The one file that is no TypeScript: Node strips no types below node_modules, so that an installed package runs what
// was built of it. A checkout runs its source, built or not.
import { existsSync } from 'node:fs'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    `socni-ctl: it needs Node 22.19 or newer, and this is ${process.version}: in a checkout, npx socni-ctl runs the one that npm ci brought\n`,
  )
  process.exit(3)
}
const isCheckout = existsSync(new URL('../src/cli/main.ts', import.meta.url))
await import(isCheckout ? '../src/cli/main.ts' : '../dist/package/bin/main.js')
