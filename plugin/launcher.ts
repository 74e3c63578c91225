/**
 * What is run under the guard's name: it goes to the root directory where the working directory is out of reach, and then
 * becomes the guard. A thick Multus calls plugins in a chroot and leaves the working directory outside of it
 * (multus-cni pkg/server/exec_chroot.go), where the guard's runtime does not start. No shell: not every node has one.
 */

/** Code for a processor, given where "/" is behind the program's path. By e_machine of the file header. */
const MACHINES = new Map([
  [62, x64],
  [183, arm64],
])

/** Any address at which programs may be; a multiple of the largest pages, 64 KiB. */
const BASE = 0x400000
const HEADERS = 64 + 2 * 56

const ELF = Buffer.from('\x7fELF', 'latin1')

/**
 * A static ELF executable of some hundred bytes that runs another program, with all arguments and variables. Undefined
 * when that is no program for x86-64 or arm64.
 * @param path The program's absolute path on the node.
 * @param header The first bytes of the program.
 */
export function buildLauncher(path: string, header: Buffer): Buffer | undefined {
  const isProgram = header.length >= 20 && header.subarray(0, 4).equals(ELF)
  const machine = isProgram ? header.readUInt16LE(18) : 0
  const program = Buffer.from(`${path}\0`)
  const code = MACHINES.get(machine)?.(program.length)
  if (code === undefined) return undefined
  const content = Buffer.concat([code, program, Buffer.from('/\0')])
  return Buffer.concat([fileHeader(machine), loadHeader(HEADERS + content.length), stackHeader(), content])
}

/** ELF-64 file header (System V gABI, chapter 4). */
function fileHeader(machine: number): Buffer {
  const header = Buffer.alloc(64)
  // 64 bits, little-endian, version 1, System V.
  header.set([...ELF, 2, 1, 1, 0])
  header.writeUInt16LE(2, 16) // ET_EXEC
  header.writeUInt16LE(machine, 18)
  header.writeUInt32LE(1, 20)
  header.writeBigUInt64LE(BigInt(BASE + HEADERS), 24) // entry point
  header.writeBigUInt64LE(64n, 32) // program headers
  header.writeUInt16LE(64, 52)
  header.writeUInt16LE(56, 54)
  header.writeUInt16LE(2, 56)
  return header
}

/** All of the file, to be read and run. */
function loadHeader(size: number): Buffer {
  const header = Buffer.alloc(56)
  header.writeUInt32LE(1, 0) // PT_LOAD
  header.writeUInt32LE(5, 4) // PF_R | PF_X
  header.writeBigUInt64LE(BigInt(BASE), 16)
  header.writeBigUInt64LE(BigInt(BASE), 24)
  header.writeBigUInt64LE(BigInt(size), 32)
  header.writeBigUInt64LE(BigInt(size), 40)
  header.writeBigUInt64LE(0x10000n, 48)
  return header
}

/** A stack that holds no code: without this header it may, which SELinux refuses. */
function stackHeader(): Buffer {
  const header = Buffer.alloc(56)
  header.writeUInt32LE(0x6474e551, 0) // PT_GNU_STACK
  header.writeUInt32LE(6, 4) // PF_R | PF_W
  return header
}

// Behind the code stand the path of the program and "/". An instruction tells their addresses by the distance.

/**
 * Linux x86-64: the number of a system call in rax, arguments in rdi, rsi and rdx; the stack begins with argc, argv, envp.
 * @param root Where "/" is, behind the path of the program.
 */
function x64(root: number): Buffer {
  const instructions = [
    [0x49, 0x89, 0xe4], //                                  mov r12, rsp
    [0x48, 0x81, 0xec, 0x10, 0x10, 0x00, 0x00], //          sub rsp, 4112
    [0xc6, 0x04, 0x24, 0x00], //                            mov byte [rsp], 0
    [0x48, 0x89, 0xe7], //                                  mov rdi, rsp
    [0xbe, 0x00, 0x10, 0x00, 0x00], //                      mov esi, 4096
    [0xb8, 0x4f, 0x00, 0x00, 0x00], //                      mov eax, 79 (getcwd)
    [0x0f, 0x05], //                                        syscall
    [0x80, 0x3c, 0x24, 0x2f], //                            cmp byte [rsp], '/'
    [0x74, 0x0e], //                                        je 14 bytes on
    [0x48, 0x8d, 0x3d, ...int32(47 + root)], //             lea rdi, "/"
    [0xb8, 0x50, 0x00, 0x00, 0x00], //                      mov eax, 80 (chdir)
    [0x0f, 0x05], //                                        syscall
    [0x49, 0x8b, 0x0c, 0x24], //                            mov rcx, [r12]
    [0x49, 0x8d, 0x74, 0x24, 0x08], //                      lea rsi, [r12 + 8]
    [0x48, 0x8d, 0x54, 0xce, 0x08], //                      lea rdx, [rsi + rcx * 8 + 8]
    [0x48, 0x8d, 0x3d, ...int32(19)], //                    lea rdi, program
    [0xb8, 0x3b, 0x00, 0x00, 0x00], //                      mov eax, 59 (execve)
    [0x0f, 0x05], //                                        syscall
    [0xbf, 0x7f, 0x00, 0x00, 0x00], //                      mov edi, 127
    [0xb8, 0x3c, 0x00, 0x00, 0x00], //                      mov eax, 60 (exit)
    [0x0f, 0x05], //                                        syscall
  ]
  return Buffer.from(instructions.flat())
}

/** Linux arm64: the number of a system call in x8, arguments in x0, x1 and x2; the stack as above. */
function arm64(root: number): Buffer {
  const instructions = [
    0x910003f3, //                    mov x19, sp
    0xd14007ff, //                    sub sp, sp, #4096
    0x390003ff, //                    strb wzr, [sp]
    0x910003e0, //                    mov x0, sp
    0xd2820001, //                    mov x1, #4096
    0xd2800228, //                    mov x8, #17 (getcwd)
    0xd4000001, //                    svc #0
    0x394003e3, //                    ldrb w3, [sp]
    0x7100bc7f, //                    cmp w3, #'/'
    0x54000080, //                    b.eq 4 instructions on
    adr(0, 13 * 4 + root), //           adr x0, "/"
    0xd2800628, //                    mov x8, #49 (chdir)
    0xd4000001, //                    svc #0
    0xf9400263, //                    ldr x3, [x19]
    0x91002261, //                    add x1, x19, #8
    0x8b030c22, //                    add x2, x1, x3, lsl #3
    0x91002042, //                    add x2, x2, #8
    adr(0, 6 * 4), //                 adr x0, program
    0xd2801ba8, //                    mov x8, #221 (execve)
    0xd4000001, //                    svc #0
    0xd2800fe0, //                    mov x0, #127
    0xd2800ba8, //                    mov x8, #93 (exit)
    0xd4000001, //                    svc #0
  ]
  const code = Buffer.alloc(instructions.length * 4)
  for (const [index, instruction] of instructions.entries()) code.writeUInt32LE(instruction >>> 0, index * 4)
  return code
}

/** An address, told by its distance from the instruction. */
function adr(register: number, distance: number): number {
  return 0x10000000 | ((distance & 3) << 29) | ((distance >> 2) << 5) | register
}

function int32(value: number): number[] {
  return [value & 255, (value >> 8) & 255, (value >> 16) & 255, value >> 24]
}
