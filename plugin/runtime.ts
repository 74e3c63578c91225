import { CniError } from '../src/cni/errors.ts'

/** What the guard asks of its runtime. Bun's own functions only: each module of Node's costs a millisecond to load. */

/** SHA-256 of a text, base64url. */
export function sha256(text: string): string {
  return new Bun.CryptoHasher('sha256').update(text).digest('base64url')
}

/** Whether an Ed25519 signature (RFC 8032) holds; `x` is the public key as a JWK has it. */
export async function verifyEd25519(x: string, input: Uint8Array, signature: Uint8Array): Promise<boolean> {
  const jwk = { kty: 'OKP', crv: 'Ed25519', x }
  const key = await crypto.subtle.importKey('jwk', jwk, 'Ed25519', false, ['verify'])
  return crypto.subtle.verify('Ed25519', key, new Uint8Array(signature), new Uint8Array(input))
}

export interface Program {
  readonly path: string
  readonly input: string
  readonly env: Readonly<Record<string, string>>
  /** Open files that the program, and what it starts, keeps open as well. */
  readonly files: readonly number[]
}

/** More than any result; a plugin that prints more is broken. */
const MAX_OUTPUT = 16 * 1024 * 1024

/** Runs a program to its end; undefined when there is none. Throws a CniError (5) when it cannot be run. */
export function runProgram({
  path,
  input,
  env,
  files,
}: Program): { stdout: string; exit: number } | undefined {
  try {
    const { exitCode, stdout } = Bun.spawnSync({
      cmd: [path],
      // Multi-call programs tell by their name which plugin they are.
      argv0: path,
      env,
      stdio: [new TextEncoder().encode(input), 'pipe', 'inherit', ...files],
      maxBuffer: MAX_OUTPUT,
    })
    return { stdout: stdout.toString(), exit: exitCode ?? 1 }
  } catch (error) {
    if (isMissing(error)) return undefined
    throw new CniError('io', `the plugin "${path}" cannot be run`, messageOf(error))
  }
}

function isMissing(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : ''
  return code === 'ENOENT' || code === 'ENOTDIR'
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
