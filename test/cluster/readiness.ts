import { get } from 'node:https'
import { connect } from 'node:tls'

/** Where something listens: an address of loopback, and a port. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** As long as the kubelet waits (timeoutSeconds of a probe, by default). */
export const PROBE_TIMEOUT_MS = 1_000

/** HTTP status of /readyz; 0 while nobody listens. */
export async function readiness(address: Address): Promise<number> {
  return (await ask(address, '/readyz')).status
}

/** Seconds since a replica heard of the API server, on the watch that waits longest. */
export async function staleness(address: Address): Promise<number> {
  const { text } = await ask(address, '/metrics')
  return Number(/^socni_policy_staleness_seconds (\S+)/m.exec(text)?.[1])
}

/** The number of the certificate that a replica serves. */
export function servedSerial(address: Address): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...address, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().serialNumber)
      socket.destroy()
    })
    socket.on('error', reject)
  })
}

/** What a replica answers; status 0 when nobody does. */
export async function ask(address: Address, path: string): Promise<{ status: number; text: string }> {
  return new Promise(resolve => {
    // Who answers here is not in question: the process is ours.
    const options = { ...address, path, rejectUnauthorized: false, timeout: PROBE_TIMEOUT_MS }
    const request = get(options, response => {
      let text = ''
      response.on('data', part => {
        text += part
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    request.on('error', () => resolve({ status: 0, text: '' }))
    request.on('timeout', () => request.destroy())
  })
}
