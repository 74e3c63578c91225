import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  statSync,
} from 'node:fs'

/**
 * Running calls keep the old one: a copy, then a rename. After a power failure there is one of them, whole.
 * @param temporary On the same file system, where it is cleared away when nobody lives to rename it.
 */
export function copyExecutable(from: string, to: string, temporary: string): void {
  copyFileSync(from, temporary)
  chmodSync(temporary, 0o755)
  const file = openSync(temporary, 'r+')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(temporary, to)
}

/** Pairs that were found to be the same: who looks again and again does not read a hundred megabytes each time. */
const compared = new Set<string>()

/** Whether two files have the same bytes; false where there is no other. */
export function isSameFile(one: string, other: string): boolean {
  if (!existsSync(other)) return false
  const files = [statSync(one), statSync(other)]
  const key = files
    .map(({ dev, ino, size, mtimeMs, ctimeMs }) => [dev, ino, size, mtimeMs, ctimeMs].join())
    .join(';')
  if (compared.has(key)) return true
  // Images may give every file the same time, and two versions the same size.
  const isSame = files[0]?.size === files[1]?.size && hasSameBytes(one, other)
  if (isSame) compared.add(key)
  return isSame
}

/** Piece by piece: the pod of the DaemonSet has less memory than the two files are long. */
function hasSameBytes(one: string, other: string): boolean {
  const [file, otherFile] = [openSync(one, 'r'), openSync(other, 'r')]
  const [buffer, otherBuffer] = [Buffer.alloc(PIECE_BYTES), Buffer.alloc(PIECE_BYTES)]
  try {
    for (;;) {
      const piece = readPiece(file, buffer)
      if (!piece.equals(readPiece(otherFile, otherBuffer))) return false
      if (piece.length === 0) return true
    }
  } finally {
    closeSync(file)
    closeSync(otherFile)
  }
}

const PIECE_BYTES = 1024 * 1024

/** The first bytes of a file, which say what it is. Throws system errors. */
export function readHeader(path: string): Buffer {
  const file = openSync(path, 'r')
  try {
    return readPiece(file, Buffer.alloc(64))
  } finally {
    closeSync(file)
  }
}

/** Fills the buffer, unless the file ends before. */
function readPiece(file: number, buffer: Buffer): Buffer {
  let length = 0
  for (let read = -1; read !== 0 && length < buffer.length; length += read)
    read = readSync(file, buffer, length, buffer.length - length, null)
  return buffer.subarray(0, length)
}
