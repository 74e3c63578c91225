import { get } from 'node:https'

/** HTTP status of /readyz; 0 while nobody listens. */
export async function readiness(port: number): Promise<number> {
  return (await ask(port, '/readyz')).status
}

/** What a replica answers; status 0 when nobody does. */
export async function ask(port: number, path: string): Promise<{ status: number; text: string }> {
  return new Promise(resolve => {
    // Who answers here is not in question: the process is ours.
    const options = { host: '127.0.0.1', port, path, rejectUnauthorized: false, timeout: 1_000 }
    const request = get(options, response => {
      let text = ''
      response.on('data', part => {
        text += part
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    request.on('error', () => resolve({ status: 0, text: '' }))
    // As the kubelet does: who says nothing for a second is not ready.
    request.on('timeout', () => request.destroy())
  })
}
