import type { IncomingMessage } from 'node:http'
import { RequestError } from './request-error.ts'

/** 7 MiB: etcd holds 1.5 MiB, a review holds the object twice, and JSON escapes grow it (controller-runtime's limit). */
export const MAX_BODY_BYTES = 7 * 1024 * 1024

/**
 * The text of a request's JSON body. Content type and length are looked at before a byte of it is read; `take` is told of
 * each piece, and throws where there is no room for it.
 */
export async function readBody(request: IncomingMessage, take: (bytes: number) => void): Promise<string> {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/json') {
    throw new RequestError(
      415,
      'ERR_CONTENT_TYPE',
      `the content type "${type ?? ''}" is not "application/json"`,
    )
  }
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw tooLarge()
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > MAX_BODY_BYTES) throw tooLarge()
    take(chunk.length)
    chunks.push(chunk)
  }
  if (length === 0)
    throw new RequestError(400, 'ERR_BODY_EMPTY', 'the body is empty: send an AdmissionReview')
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks))
  } catch {
    throw new RequestError(400, 'ERR_BODY_NO_UTF8', 'the body is not UTF-8')
  }
}

// The rest of the body is not read, so the connection cannot be used again.
function tooLarge(): RequestError {
  return new RequestError(413, 'ERR_BODY_TOO_LARGE', `the body is larger than ${MAX_BODY_BYTES} bytes`, {
    connection: 'close',
  })
}
