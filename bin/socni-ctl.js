#!/usr/bin/env node
// The one file that is no TypeScript: Node strips no types below node_modules, so that an installed package runs what
// was built of it. A checkout runs its source, built or not.
import { existsSync } from 'node:fs'

const isCheckout = existsSync(new URL('../src/cli/main.ts', import.meta.url))
await import(isCheckout ? '../src/cli/main.ts' : '../dist/package/bin/socni-ctl.js')
