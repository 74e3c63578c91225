#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { run } from './socni-ctl.ts'

process.exitCode = run(process.argv.slice(2), {
  stdin: () => readFileSync(0, 'utf8'),
  stdout: text => process.stdout.write(text),
  stderr: text => process.stderr.write(text),
  color: process.stdout.isTTY === true && process.stdout.hasColors() && !process.env.NO_COLOR,
})
