import { CString, dlopen, read as peek } from 'bun:ffi'
import { CniError } from '../src/cni/errors.ts'

/** System calls that neither Bun nor Node has: locks, namespaces, netlink, syslog's socket. Linux on x86-64 and arm64. */

/** The C library that the runtime itself was linked with: glibc, or musl. */
const LIBRARIES = ['libc.so.6', 'libc.musl-x86_64.so.1', 'libc.musl-aarch64.so.1']

const SYMBOLS = {
  open: { args: ['ptr', 'i32', 'i32'], returns: 'i32' },
  close: { args: ['i32'], returns: 'i32' },
  read: { args: ['i32', 'ptr', 'u64'], returns: 'i32' },
  write: { args: ['i32', 'ptr', 'u64'], returns: 'i32' },
  poll: { args: ['ptr', 'u64', 'i32'], returns: 'i32' },
  flock: { args: ['i32', 'i32'], returns: 'i32' },
  readlink: { args: ['ptr', 'ptr', 'u64'], returns: 'i32' },
  setns: { args: ['i32', 'i32'], returns: 'i32' },
  socket: { args: ['i32', 'i32', 'i32'], returns: 'i32' },
  sendto: { args: ['i32', 'ptr', 'u64', 'i32', 'ptr', 'u32'], returns: 'i32' },
  recv: { args: ['i32', 'ptr', 'u64', 'i32'], returns: 'i32' },
  __errno_location: { args: [], returns: 'ptr' },
} as const

const O_RDONLY = 0
const O_WRONLY = 0o1
const O_CREAT = 0o100
const O_TRUNC = 0o1000
const O_APPEND = 0o2000
const O_CLOEXEC = 0o2000000
const AF_UNIX = 1
const AF_NETLINK = 16
const SOCK_DGRAM = 2
const SOCK_RAW = 3
const SOCK_CLOEXEC = O_CLOEXEC
const MSG_DONTWAIT = 0x40
const LOCK_EX_NB = 2 | 4
const POLLIN = 1
const POLLOUT = 4
const CLONE_NEWNET = 0x40000000
const ENOENT = 2
const EINTR = 4
const EAGAIN = 11
const ENOTDIR = 20

/** What one call in ten thousand needs: each symbol costs every call a moment. */
const RARE_SYMBOLS = {
  rename: { args: ['ptr', 'ptr'], returns: 'i32' },
  mkdir: { args: ['ptr', 'u32'], returns: 'i32' },
  unlink: { args: ['ptr'], returns: 'i32' },
  strerror: { args: ['i32'], returns: 'ptr' },
} as const

type Libc = ReturnType<typeof dlopen<typeof SYMBOLS>>['symbols']
let loaded: Libc | undefined

function libc(): Libc {
  loaded ??= load(SYMBOLS)
  return loaded
}

function load<S extends Parameters<typeof dlopen>[1]>(symbols: S): ReturnType<typeof dlopen<S>>['symbols'] {
  for (const library of LIBRARIES) {
    try {
      return dlopen(library, symbols).symbols
    } catch {
      // The next one: only one of them is on a system.
    }
  }
  throw new CniError('io', `no C library can be loaded: ${LIBRARIES.join(', ')}`)
}

function cString(text: string): Uint8Array {
  return Buffer.from(`${text}\0`)
}

/** Why the last call failed, errno(3). */
function errno(): number {
  return peek.i32(libc().__errno_location())
}

/** What an error number of the kernel means, in strerror(3)'s words: `Permission denied`. */
export function describeErrno(error: number): string {
  return `${new CString(load(RARE_SYMBOLS).strerror(error))}`
}

function repeat(call: () => number): number {
  for (;;) {
    const result = call()
    // Only a signal came in between.
    if (result >= 0 || errno() !== EINTR) return result
  }
}

/** Opens a file or directory for reading; undefined when it cannot be. */
export function openFile(path: string): number | undefined {
  const file = repeat(() => libc().open(cString(path), O_RDONLY | O_CLOEXEC, 0))
  return file < 0 ? undefined : file
}

export function closeFile(file: number): void {
  libc().close(file)
}

/** A file's text; undefined when it is not there. Throws a CniError (5) for one that cannot be read. */
export function readText(path: string): string | undefined {
  const file = openFile(path)
  if (file === undefined) {
    const reason = errno()
    if (reason === ENOENT || reason === ENOTDIR) return undefined
    throw new CniError('io', `${path} cannot be read: ${describeErrno(reason)}`)
  }
  try {
    return readToEnd(file, path)
  } finally {
    closeFile(file)
  }
}

/** Standard input, to its end: the configuration. */
export function readInput(): string {
  return readToEnd(0, 'the configuration')
}

const CHUNK = 64 * 1024

function readToEnd(file: number, what: string): string {
  const chunks: Buffer[] = []
  for (;;) {
    const chunk = Buffer.allocUnsafe(CHUNK)
    const length = repeat(() => libc().read(file, chunk, CHUNK))
    if (length > 0) chunks.push(chunk.subarray(0, length))
    else if (length === 0) return Buffer.concat(chunks).toString()
    else if (errno() === EAGAIN) waitFor(file, POLLIN)
    else throw new CniError('io', `${what} cannot be read: ${describeErrno(errno())}`)
  }
}

/** A runtime may hand over a pipe that does not block. */
function waitFor(file: number, event: typeof POLLIN | typeof POLLOUT): void {
  const poll = Buffer.alloc(8)
  poll.writeInt32LE(file, 0)
  poll.writeInt16LE(event, 4)
  repeat(() => libc().poll(poll, 1, -1))
}

/** Takes the one lock of an open file, or returns false while another process has it (flock(2)). */
export function tryLock(file: number): boolean {
  return repeat(() => libc().flock(file, LOCK_EX_NB)) === 0
}

/** Appends to a file in one write, so that lines of two processes never mix. Returns whether it did. */
export function appendText(path: string, text: string): boolean {
  const file = repeat(() => libc().open(cString(path), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640))
  if (file < 0) return false
  const bytes = Buffer.from(text)
  const written = repeat(() => libc().write(file, bytes, bytes.length))
  closeFile(file)
  return written === bytes.length
}

/** Writes to a file that is there, like those of /proc/sys. Returns whether it did. */
export function overwriteText(path: string, text: string): boolean {
  const file = repeat(() => libc().open(cString(path), O_WRONLY | O_CLOEXEC, 0))
  if (file < 0) return false
  const bytes = Buffer.from(text)
  const written = repeat(() => libc().write(file, bytes, bytes.length))
  closeFile(file)
  return written === bytes.length
}

/** Writes a file that root alone reads, in a directory that is made if need be. Returns whether it did. */
export function putFile(directory: string, path: string, text: string): boolean {
  const open = () => repeat(() => libc().open(cString(path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600))
  const first = open()
  if (first < 0) load(RARE_SYMBOLS).mkdir(cString(directory), 0o700)
  const file = first < 0 ? open() : first
  if (file < 0) return false
  const bytes = Buffer.from(text)
  const written = repeat(() => libc().write(file, bytes, bytes.length))
  closeFile(file)
  return written === bytes.length
}

/** Takes a file away; one that is not there is no error. */
export function removeFile(path: string): void {
  const file = openFile(path)
  if (file === undefined) return
  closeFile(file)
  load(RARE_SYMBOLS).unlink(cString(path))
}

/**
 * Does something in another network namespace, which is the thread's alone (setns(2)): nothing may be awaited or started
 * meanwhile. Undefined when there is none at that path. Throws a CniError (5) when it cannot be entered, or left.
 */
export function inNetworkNamespace<T>(path: string, action: () => T): T | undefined {
  const other = openFile(path)
  if (other === undefined) return undefined
  const own = openFile('/proc/thread-self/ns/net')
  const enter = (namespace: number): void => {
    if (libc().setns(namespace, CLONE_NEWNET) !== 0)
      throw new CniError(
        'io',
        `the network namespace ${path} cannot be entered or left: ${describeErrno(errno())}`,
      )
  }
  try {
    if (own === undefined) throw new CniError('io', 'the node does not show its network namespace in /proc')
    enter(other)
    try {
      return action()
    } finally {
      enter(own)
    }
  } finally {
    closeFile(other)
    if (own !== undefined) closeFile(own)
  }
}

/** The same, but for the namespace that this process is in: what is written there would be the node's own. */
export function inOtherNamespace<T>(path: string, action: () => T): T | undefined {
  const own = namespaceHere()
  return inNetworkNamespace(path, () => (namespaceHere() === own ? undefined : action()))
}

/** What the kernel calls this thread's network namespace: `net:[4026531840]`. */
function namespaceHere(): string {
  const text = Buffer.alloc(64)
  const length = libc().readlink(cString('/proc/thread-self/ns/net'), text, text.length)
  return text.toString('utf8', 0, Math.max(0, length))
}

/** Puts a file in the place of another one. Returns whether it did. */
export function renameFile(from: string, to: string): boolean {
  return load(RARE_SYMBOLS).rename(cString(from), cString(to)) === 0
}

/** Writes to standard output, whole. Throws a CniError (5) when nobody takes it: a result that is lost is no success. */
export function writeStandardOutput(text: string): void {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; ) {
    const rest = bytes.subarray(at)
    const written = repeat(() => libc().write(1, rest, rest.length))
    if (written >= 0) at += written
    else if (errno() === EAGAIN) waitFor(1, POLLOUT)
    else throw new CniError('io', `the result cannot be written: ${describeErrno(errno())}`)
  }
}

/** Sends a datagram to a Unix socket without waiting. Returns whether it was taken. */
export function sendDatagram(path: string, text: string): boolean {
  const socket = libc().socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)
  if (socket < 0) return false
  const bytes = Buffer.from(text)
  const address = Buffer.concat([Uint8Array.of(AF_UNIX, 0), cString(path)])
  const sent = repeat(() => libc().sendto(socket, bytes, bytes.length, MSG_DONTWAIT, address, address.length))
  closeFile(socket)
  return sent === bytes.length
}

/** Asks the kernel's routing netlink: `receive` is handed each datagram of the answer until it returns true. */
export function askNetlink(request: Uint8Array, receive: (datagram: Buffer) => boolean): void {
  const socket = libc().socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0)
  if (socket < 0) throw new CniError('io', 'the kernel gives no netlink socket')
  try {
    // Port 0 of netlink is the kernel.
    const kernel = Buffer.alloc(12)
    kernel.writeUInt16LE(AF_NETLINK, 0)
    if (repeat(() => libc().sendto(socket, request, request.length, 0, kernel, kernel.length)) < 0)
      throw new CniError('io', 'the kernel takes no netlink request')
    // The kernel splits its answers so that each fits 32 KiB.
    const buffer = Buffer.alloc(64 * 1024)
    for (;;) {
      const length = repeat(() => libc().recv(socket, buffer, buffer.length, 0))
      if (length <= 0) throw new CniError('io', 'the kernel does not answer a netlink request')
      if (receive(buffer.subarray(0, length))) return
    }
  } finally {
    closeFile(socket)
  }
}
