import { request } from 'node:http'

/** Asks Multus's daemon to change a pod that runs, and prints its answer: `ask-daemon.ts SOCKET REQUEST`. */
const [socketPath = '', body = ''] = process.argv.slice(2)
request({ socketPath, path: '/delegate', method: 'POST' }, response => response.pipe(process.stdout)).end(
  body,
)
