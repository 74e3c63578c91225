import { connect, createServer, type Socket } from 'node:net'

/**
 * Carries connections from one network namespace to another over a socket in the file system. In each runs one of
 * these, since the test itself waits for what it calls: `forwarder.ts FROM TO`, each a port of loopback or a path.
 */
const [from = '', to = ''] = process.argv.slice(2)
const isPort = (place: string): boolean => /^\d+$/.test(place)

const server = createServer(incoming => {
  const outgoing: Socket = isPort(to) ? connect(Number(to), '127.0.0.1') : connect(to)
  incoming.on('error', () => outgoing.destroy()).pipe(outgoing)
  outgoing.on('error', () => incoming.destroy()).pipe(incoming)
})
const ready = (): void => {
  process.stdout.write('ready\n')
}
if (isPort(from)) server.listen(Number(from), '127.0.0.1', ready)
else server.listen(from, ready)
