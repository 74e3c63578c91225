import { existsSync, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { writeAtomically } from '../files/atomic.ts'
import { KEYS_FILE, REVOCATIONS_FILE } from './file-names.ts'
import { KeyError } from './jwk.ts'
import {
  drop,
  generateSigningKey,
  type KeySet,
  parseKeySet,
  parseSigningKey,
  printKeySet,
  printSigningKey,
  publicKeyOf,
  rotate,
  type SigningKey,
} from './keys.ts'
import { mergeRevocation, parseRevocations, printRevocations, type Revocation } from './revocations.ts'

/** What claims are verified with: no secret in it. */
export interface VerificationKeys {
  readonly keys: KeySet
  readonly revocations: readonly Revocation[]
}

/** The keys of a webhook, in files: the private one for it alone, the public ones for the nodes. */
export interface ClaimKeys extends VerificationKeys {
  readonly signing: SigningKey
}

const SIGNING_KEY = 'signing-key.json'
const NEXT_SIGNING_KEY = 'next-signing-key.json'

/** Opens the keys in a directory, making them on first start. Throws a KeyError with the command that mends it. */
export function openKeys(directory: string): ClaimKeys {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const path = join(directory, SIGNING_KEY)
  const key = readSigningKey(path) ?? generateSigningKey()
  const known = readIfThere(join(directory, KEYS_FILE), parseKeySet) ?? new Map()
  if (!existsSync(path)) writeAtomically(path, printSigningKey(key), 0o600)
  if (!known.has(key.kid)) {
    const keys: KeySet = new Map([...known, [key.kid, publicKeyOf(key, 'current')]])
    writeAtomically(join(directory, KEYS_FILE), printKeySet(keys), 0o644)
  }
  return readKeys(directory)
}

/** Reads the keys again while the webhook runs. Unlike openKeys it makes none: nodes would not know a new one. */
export function readKeys(directory: string): ClaimKeys {
  return readKeyFiles(name => readFile(directory, name), directory)
}

/** The keys in files of these names, wherever they are: a directory, or a Secret of a cluster. Throws a KeyError. */
export function readKeyFiles(read: (name: string) => string | undefined, place: string): ClaimKeys {
  const signing = parseFile(read, place, SIGNING_KEY, parseSigningKey)
  if (signing === undefined)
    throw new KeyError([], `${place} lacks ${SIGNING_KEY}: socni-ctl keys generate makes it`)
  const verification = readPublicFiles(read, place)
  if (!verification.keys.has(signing.kid))
    throw new KeyError(
      [],
      `${KEYS_FILE} lacks the key "${signing.kid}" that signs: nodes would refuse its claims`,
    )
  return { signing, ...verification }
}

/** The public half of them, which is all that nodes have. Throws a KeyError. */
export function readPublicKeys(directory: string): VerificationKeys {
  return readPublicFiles(name => readFile(directory, name), directory)
}

/** The same from wherever the files are: a directory, or a ConfigMap of a cluster. Throws a KeyError. */
export function readPublicFiles(read: (name: string) => string | undefined, place: string): VerificationKeys {
  const keys = parseFile(read, place, KEYS_FILE, parseKeySet)
  if (keys === undefined)
    throw new KeyError(
      [],
      `${place} lacks ${KEYS_FILE}: name the webhook's keys by --keys-dir or --kubeconfig, or make some with socni-ctl keys generate`,
    )
  return { keys, revocations: parseFile(read, place, REVOCATIONS_FILE, parseRevocations) ?? [] }
}

function parseFile<T>(
  read: (name: string) => string | undefined,
  place: string,
  name: string,
  parse: (text: string) => T,
): T | undefined {
  const text = read(name)
  return text === undefined ? undefined : parseNamed(`${place}/${name}`, text, parse)
}

/** The files of a first key, which signs at once: there are no claims of another one. */
export function firstKeyFiles(): Readonly<Record<string, string>> {
  const key = generateSigningKey()
  return {
    [SIGNING_KEY]: printSigningKey(key),
    [KEYS_FILE]: printKeySet(new Map([[key.kid, publicKeyOf(key, 'current')]])),
  }
}

/**
 * Makes the key that will sign next, and publishes its public half. Nodes must have that before rotateKeys. The first
 * key of all signs at once: there are no claims of another one.
 */
export function publishNextKey(directory: string): ClaimKeys {
  if (!existsSync(join(directory, SIGNING_KEY))) return openKeys(directory)
  openKeys(directory)
  const changed = nextKeyFiles(name => readFile(directory, name), directory)
  writeAtomically(join(directory, NEXT_SIGNING_KEY), changed[NEXT_SIGNING_KEY] ?? '', 0o600)
  writeAtomically(join(directory, KEYS_FILE), changed[KEYS_FILE] ?? '', 0o644)
  return readKeys(directory)
}

/** Signs with the published next key from now on; the key so far retires, and claims of it still hold. */
export function rotateKeys(directory: string): ClaimKeys {
  const changed = rotatedKeyFiles(name => readFile(directory, name), directory)
  // In this order a crash in between leaves a key that verifies, retired or not, signing.
  writeAtomically(join(directory, KEYS_FILE), changed[KEYS_FILE] ?? '', 0o644)
  renameSync(join(directory, NEXT_SIGNING_KEY), join(directory, SIGNING_KEY))
  return readKeys(directory)
}

/** Drops a key that has retired: claims of it no longer hold. */
export function dropKey(directory: string, kid: string): ClaimKeys {
  const changed = droppedKeyFiles(name => readFile(directory, name), directory, kid)
  writeAtomically(join(directory, KEYS_FILE), changed[KEYS_FILE] ?? '', 0o644)
  return readKeys(directory)
}

export type KeyChange = 'generate' | 'rotate' | 'drop'

/** Throws the KeyError that a change in a directory would throw, and writes nothing. */
export function checkKeyChange(directory: string, change: KeyChange, kid = ''): void {
  const read = (name: string): string | undefined => readFile(directory, name)
  if (change !== 'generate') {
    changedKeyFiles(change, read, directory, kid)
    return
  }
  const signing = readSigningKey(join(directory, SIGNING_KEY))
  const known = readIfThere(join(directory, KEYS_FILE), parseKeySet) ?? new Map()
  if (signing === undefined) return
  // As openKeys mends it first.
  const keys = known.has(signing.kid)
    ? known
    : new Map([...known, [signing.kid, publicKeyOf(signing, 'current')]])
  nextKeyFiles(name => (name === KEYS_FILE ? printKeySet(keys) : read(name)), directory)
}

/** What a change writes. Throws the KeyError of that change. */
export function changedKeyFiles(
  change: KeyChange,
  read: (name: string) => string | undefined,
  place: string,
  kid: string,
): KeyFileChanges {
  switch (change) {
    case 'generate':
      return nextKeyFiles(read, place)
    case 'rotate':
      return rotatedKeyFiles(read, place)
    case 'drop':
      return droppedKeyFiles(read, place, kid)
  }
}

/** Files of a set of keys that change; undefined is one that goes. */
export type KeyFileChanges = Readonly<Record<string, string | undefined>>

/**
 * What changes when a next key is made. Throws a KeyError when there is one already; one that a crash left unpublished is
 * published.
 */
function nextKeyFiles(read: (name: string) => string | undefined, place: string): KeyFileChanges {
  const { keys } = readKeyFiles(read, place)
  const waiting = parseFile(read, place, NEXT_SIGNING_KEY, parseSigningKey)
  if (waiting !== undefined && keys.has(waiting.kid))
    throw new KeyError([], `${place}/${NEXT_SIGNING_KEY} waits to sign already: rotate first`)
  const key = waiting ?? generateSigningKey()
  return {
    [NEXT_SIGNING_KEY]: printSigningKey(key),
    [KEYS_FILE]: printKeySet(new Map([...keys, [key.kid, publicKeyOf(key, 'next')]])),
  }
}

/** What changes when the next key takes over. Throws a KeyError when none is published. */
function rotatedKeyFiles(read: (name: string) => string | undefined, place: string): KeyFileChanges {
  const { keys } = readKeyFiles(read, place)
  const next = parseFile(read, place, NEXT_SIGNING_KEY, parseSigningKey)
  const state = next && keys.get(next.kid)?.state
  if (next === undefined || state === undefined || state === 'retired') {
    throw new KeyError(
      [],
      `no key is published as "next" in ${place}: make one with socni-ctl keys generate, and wait until every node has it`,
    )
  }
  // A crash may have come between the key set, which calls it current, and the file that signs.
  const rotated = state === 'next' ? rotate(keys) : keys
  return {
    [KEYS_FILE]: printKeySet(rotated),
    [SIGNING_KEY]: printSigningKey(next),
    [NEXT_SIGNING_KEY]: undefined,
  }
}

/** What changes when a retired key is dropped. Throws a KeyError for any other key. */
function droppedKeyFiles(
  read: (name: string) => string | undefined,
  place: string,
  kid: string,
): KeyFileChanges {
  return { [KEYS_FILE]: printKeySet(drop(readKeyFiles(read, place).keys, kid)) }
}

/** Adds revocations to those in a directory; the webhook and the nodes read them again by themselves. */
export function addRevocations(directory: string, added: readonly Revocation[]): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const path = join(directory, REVOCATIONS_FILE)
  const known = readIfThere(path, parseRevocations) ?? []
  writeAtomically(path, printRevocations(added.reduce(mergeRevocation, known)), 0o644)
}

function readSigningKey(path: string): SigningKey | undefined {
  return readIfThere(path, text => {
    checkPrivate(path)
    return parseSigningKey(text)
  })
}

function readFile(directory: string, name: string): string | undefined {
  const path = join(directory, name)
  return readIfThere(path, text => {
    if (name === SIGNING_KEY || name === NEXT_SIGNING_KEY) checkPrivate(path)
    return text
  })
}

function checkPrivate(path: string): void {
  if ((statSync(path).mode & 0o077) !== 0)
    throw new KeyError([], `others may read the private key: chmod 600 ${path}`)
}

function readIfThere<T>(path: string, parse: (text: string) => T): T | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
  return parseNamed(path, text, parse)
}

function parseNamed<T>(name: string, text: string, parse: (text: string) => T): T {
  try {
    return parse(text)
  } catch (error) {
    if (error instanceof KeyError) throw new KeyError(error.at, `${name}: ${error.message}`)
    throw error
  }
}
