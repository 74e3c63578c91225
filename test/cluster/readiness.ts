import { get } from 'node:https'

/** HTTP status of /readyz; 0 while nobody listens. */
export async function readiness(port: number): Promise<number> {
  return new Promise(resolve => {
    // Who answers here is not in question: the process is ours.
    const options = { host: '127.0.0.1', port, path: '/readyz', rejectUnauthorized: false, timeout: 1_000 }
    const request = get(options, response => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    request.on('error', () => resolve(0))
    // As the kubelet does: who says nothing for a second is not ready.
    request.on('timeout', () => request.destroy())
  })
}
