/** A request that is answered with an HTTP error of its own; everything else that is thrown is a bug, HTTP 500. */
export class RequestError extends Error {
  readonly code: RequestErrorCode
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: number,
    code: RequestErrorCode,
    message: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message)
    this.status = status
    this.code = code
    this.headers = headers
  }
}

export type RequestErrorCode =
  | 'ERR_METHOD'
  | 'ERR_NOT_FOUND'
  | 'ERR_CONTENT_TYPE'
  | 'ERR_BODY_EMPTY'
  | 'ERR_BODY_TOO_LARGE'
  | 'ERR_BODY_NO_UTF8'
  | 'ERR_BODY_NO_JSON'
  | 'ERR_NO_REVIEW'
  | 'ERR_NO_REQUEST'
  | 'ERR_REVIEW_VERSION'
  | 'ERR_BUSY'
  | 'ERR_DEADLINE'
  | 'ERR_INTERNAL'
