import { type DestinationStream, type Logger, pino } from 'pino'

export type Log = Logger

/** JSON lines without secrets: keys and claims are never logged, not even when an object that holds them is. */
export function createLog(level: string, destination?: DestinationStream): Log {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: {
      paths: ['d', '*.d', 'key', '*.key', 'claim', '*.claim', 'patch', '*.patch', 'token', '*.token'],
      censor: '[secret]',
    },
  }
  return destination === undefined ? pino(options) : pino(options, destination)
}
