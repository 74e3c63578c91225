/**
 * Errors of a plugin, by the numbers of the specification. CNI SPEC 1.1.0, "Error": 1 incompatible version,
 * 2 unsupported field, 3 unknown container, 4 invalid environment, 5 I/O failure, 6 decoding, 7 invalid network
 * configuration, 11 try again later; "STATUS": 50 not available, 51 not available, and existing containers may be cut off.
 */
export const ERROR_CODES = {
  version: 1,
  environment: 4,
  io: 5,
  decoding: 6,
  configuration: 7,
  tryLater: 11,
  notAvailable: 50,
} as const

/** Ends a command: printed as JSON on standard output, with an exit code that is not 0. */
export class CniError extends Error {
  readonly code: number
  readonly details: string

  constructor(kind: keyof typeof ERROR_CODES, message: string, details = '') {
    super(message)
    this.code = ERROR_CODES[kind]
    this.details = details
  }
}
