import { benchEvaluation } from './evaluation.ts'
import { benchGuard } from './guard.ts'
import { benchHostile } from './hostile.ts'
import { benchJson } from './json.ts'
import { benchLint } from './lint.ts'
import { benchWebhook } from './webhook.ts'

/** Same-run ratios and medians; absolute figures depend on the machine. */
process.stdout.write(`node ${process.version}, ${process.platform} ${process.arch}\n`)
await benchWebhook(line => process.stdout.write(`${line}\n`))
benchEvaluation(line => process.stdout.write(`${line}\n`))
benchHostile(line => process.stdout.write(`${line}\n`))
await benchGuard(line => process.stdout.write(`${line}\n`))
await benchLint(line => process.stdout.write(`${line}\n`))
benchJson(line => process.stdout.write(`${line}\n`))
