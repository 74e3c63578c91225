import { readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { createServer, request } from 'node:https'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'

/**
 * A way to an API server on which watches tell of everything late, as those of a busy control plane do:
 * `late-watches.ts SERVER CERTIFICATE KEY`. A process of its own, since the test itself waits for what it calls. Prints
 * its port, and takes from its standard input how late, in milliseconds, or "break", which ends the connections of all
 * watches; it answers each with how many lists of keys it was asked for so far, looks at one object left out.
 */
const [upstream = '', certificate = '', privateKey = ''] = process.argv.slice(2)
const cert = readFileSync(certificate)
let milliseconds = 0
let lists = 0
const watches = new Set<ServerResponse>()

const server = createServer({ cert, key: readFileSync(privateKey) }, (incoming, answer) => {
  const { method, headers, url = '' } = incoming
  const outgoing = request(new URL(url, upstream), { method, headers, ca: cert }, response => {
    answer.writeHead(response.statusCode ?? 502, response.headers)
    if (!url.includes('watch=')) {
      if (/\/secrets\?/.test(url) && !/[?&]limit=1(&|$)/.test(url)) lists++
      response.pipe(answer)
      return
    }
    watches.add(answer)
    answer.flushHeaders()
    let last = Promise.resolve()
    const inTurn = (tell: () => void): void => {
      const late = pause(milliseconds)
      last = last.then(() => late).then(tell)
    }
    response.on('data', part => inTurn(() => answer.write(part)))
    response.on('end', () => inTurn(() => answer.end()))
  })
  outgoing.on('error', () => answer.destroy())
  answer.on('close', () => {
    watches.delete(answer)
    outgoing.destroy()
  })
  incoming.pipe(outgoing)
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.stdout.write(`${typeof address === 'object' ? address?.port : ''}\n`)
})
createInterface({ input: process.stdin }).on('line', line => {
  if (line === 'break') for (const watch of watches) watch.destroy()
  else milliseconds = Number(line)
  process.stdout.write(`${lists}\n`)
})
