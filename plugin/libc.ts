import { dlopen, read } from 'bun:ffi'
import { CniError } from '../src/cni/errors.ts'

/** System calls that neither Bun nor Node has: locks, netlink, syslog's socket. Linux on x86-64 and arm64. */

/** The C library that the runtime itself was linked with: glibc, or musl. */
const LIBRARIES = ['libc.so.6', 'libc.musl-x86_64.so.1', 'libc.musl-aarch64.so.1']

const SYMBOLS = {
  open: { args: ['ptr', 'i32', 'i32'], returns: 'i32' },
  close: { args: ['i32'], returns: 'i32' },
  write: { args: ['i32', 'ptr', 'u64'], returns: 'i32' },
  flock: { args: ['i32', 'i32'], returns: 'i32' },
  socket: { args: ['i32', 'i32', 'i32'], returns: 'i32' },
  sendto: { args: ['i32', 'ptr', 'u64', 'i32', 'ptr', 'u32'], returns: 'i32' },
  recv: { args: ['i32', 'ptr', 'u64', 'i32'], returns: 'i32' },
  __errno_location: { args: [], returns: 'ptr' },
} as const

const O_RDONLY = 0
const O_WRONLY = 0o1
const O_CREAT = 0o100
const O_APPEND = 0o2000
const O_CLOEXEC = 0o2000000
const AF_UNIX = 1
const AF_NETLINK = 16
const SOCK_DGRAM = 2
const SOCK_RAW = 3
const SOCK_CLOEXEC = O_CLOEXEC
const MSG_DONTWAIT = 0x40
const LOCK_EX_NB = 2 | 4
const EINTR = 4

type Libc = ReturnType<typeof dlopen<typeof SYMBOLS>>['symbols']
let loaded: Libc | undefined

function libc(): Libc {
  loaded ??= load()
  return loaded
}

function load(): Libc {
  for (const library of LIBRARIES) {
    try {
      return dlopen(library, SYMBOLS).symbols
    } catch {
      // The next one: only one of them is on a system.
    }
  }
  throw new CniError('io', `no C library can be loaded: ${LIBRARIES.join(', ')}`)
}

function cString(text: string): Uint8Array {
  return Buffer.from(`${text}\0`)
}

/** Whether the last call failed only since a signal came in between. */
function wasInterrupted(): boolean {
  return read.i32(libc().__errno_location()) === EINTR
}

function repeat(call: () => number): number {
  for (;;) {
    const result = call()
    if (result >= 0 || !wasInterrupted()) return result
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
