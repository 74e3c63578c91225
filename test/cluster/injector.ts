import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { createAuthority, createLeaf } from '../../webhook/tls/certificates.ts'

// A mutating webhook of somebody else, which puts networks on pods, as Spiderpool's and those of service meshes do.
const [annotation = '', networks = ''] = process.argv.slice(2)
const authority = createAuthority(new Date())
const { cert, key } = createLeaf(authority, ['127.0.0.1'], new Date())
const path = `/metadata/annotations/${annotation.replace('/', '~1')}`
const patch = Buffer.from(JSON.stringify([{ op: 'add', path, value: networks }])).toString('base64')
const server = createServer({ cert, key }, async (request, response) => {
  const { apiVersion, kind, request: asked } = (await json(request)) as Record<string, { uid: string }>
  const answer = { uid: asked?.uid, allowed: true, patchType: 'JSONPatch', patch }
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ apiVersion, kind, response: answer }))
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address() as AddressInfo
process.stdout.write(
  `${JSON.stringify({ port, caBundle: Buffer.from(authority.cert).toString('base64') })}\n`,
)
process.stdin.resume().once('end', () => process.exit())
