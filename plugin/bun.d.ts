/** What the guard uses of its runtime (bun 1.4); @types/bun would change the types of every other file too. */

declare const Bun: {
  sleep(ms: number): Promise<void>
  readonly CryptoHasher: new (
    algorithm: 'sha256',
  ) => { update(text: string): { digest(encoding: 'base64url'): string } }
  /** `size` is that on the disk; 0 for what is not there. */
  file(path: string): { readonly size: number }
  spawnSync(options: {
    readonly cmd: readonly string[]
    readonly argv0: string
    readonly env: Readonly<Record<string, string>>
    /** Input, output, errors, and files that are handed on. */
    readonly stdio: readonly (Uint8Array | 'pipe' | 'inherit' | number)[]
    readonly maxBuffer: number
  }): { readonly exitCode: number | null; readonly stdout: Buffer }
}

declare module 'bun:ffi' {
  type Argument = 'ptr' | 'i32' | 'u32' | 'u64'
  export function dlopen<
    Symbols extends Record<string, { args: readonly Argument[]; returns: 'i32' | 'ptr' }>,
  >(
    library: string,
    symbols: Symbols,
  ): {
    readonly symbols: { readonly [Name in keyof Symbols]: (...values: (Uint8Array | number)[]) => number }
  }
  /** Text that ends with a NUL. */
  export const CString: new (pointer: number) => { toString(): string }
  export const read: { i32(pointer: number): number }
}
