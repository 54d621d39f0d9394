/** Set-up. What this machine is and has: its programs, and whether one is static. Plain Node. */
import { spawn } from 'node:child_process'
import { accessSync, closeSync, constants, openSync, readSync } from 'node:fs'
import { delimiter, join } from 'node:path'

export const isLinux = process.platform === 'linux'
export const isRoot = process.getuid?.() === 0

/** The full path of the first of `names` that is on the PATH or in an sbin directory. */
export function onPath(...names) {
  const dirs = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin']
  return names.flatMap((name) => dirs.map((dir) => join(dir, name))).find(isExecutable)
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Run a command to its end. Gives its exit code and both outputs, mixed. Never throws. */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options })
    let output = ''
    child.stdout?.on('data', (chunk) => (output += chunk))
    child.stderr?.on('data', (chunk) => (output += chunk))
    child.on('error', ({ message }) => resolve({ code: 127, output: message }))
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })
}

/** The last `count` lines, without empty ones at the end. */
export function lastLines(text, count) {
  return text.trim().split('\n').slice(-count).join('\n')
}

/**
 * Whether the program at `path` is static: an ELF file of the same architecture as Node that names
 * no interpreter (elf(5), PT_INTERP).
 */
export function isStatic(path) {
  const head = headOf(path)
  if (!head || head.length < 64 || head.readUInt32BE(0) !== 0x7f454c46) return false
  const own = headOf(process.execPath)
  if (!own || head.compare(own, 4, 6, 4, 6) !== 0) return false
  const isLittle = head[5] === 1
  const u16 = (at) => (isLittle ? head.readUInt16LE(at) : head.readUInt16BE(at))
  const u32 = (at) => (isLittle ? head.readUInt32LE(at) : head.readUInt32BE(at))
  if (u16(18) !== (isLittle ? own.readUInt16LE(18) : own.readUInt16BE(18))) return false
  const is64 = head[4] === 2
  const start = u32(is64 ? (isLittle ? 32 : 36) : 28)
  const [size, count] = is64 ? [u16(54), u16(56)] : [u16(42), u16(44)]
  for (let i = 0; i < count; i++) {
    const at = start + i * size
    if (at + 4 > head.length || u32(at) === 3) return false
  }
  return true
}

function headOf(path) {
  try {
    const fd = openSync(path, 'r')
    const head = Buffer.alloc(4096)
    const length = readSync(fd, head, 0, head.length, 0)
    closeSync(fd)
    return head.subarray(0, length)
  } catch {
    return undefined
  }
}
