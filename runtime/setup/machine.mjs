/** Set-up. The machine it runs on: commands, Debian packages, static programs. Plain Node only. */
import { spawn } from 'node:child_process'
import { accessSync, closeSync, constants, existsSync, openSync, readSync } from 'node:fs'
import { rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

export const isLinux = process.platform === 'linux'
export const isRoot = process.getuid?.() === 0

/** The full path of the first of `names` on the PATH, or undefined. */
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

/** Run a command to its end. Gives its exit code and all it printed; never throws. */
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

/**
 * Install Debian packages, when this is root on a Debian or Ubuntu. Nothing is removed for them,
 * nothing is asked and no service is started. `say` is told the command. Gives whether they are
 * there now.
 */
export async function aptInstall(packages, say) {
  if (!isRoot || !onPath('apt-get')) return false
  say(`apt-get install ${packages.join(' ')}`)
  const allowServices = forbidServices()
  const options = ['-y', '-q', '--no-install-recommends', '--no-remove']
  const install = () => apt(['install', ...options, ...packages])
  try {
    let { code, output } = await install()
    if (code !== 0) {
      say('apt-get update, and again')
      await apt(['update', '-q'])
      ;({ code, output } = await install())
    }
    if (code !== 0) say(lastLines(output, 3))
    return code === 0
  } finally {
    allowServices()
  }
}

/** Unpack a Debian package into `dir` without installing it. Needs no root. */
export async function aptUnpack(name, dir, say) {
  if (!onPath('apt-get') || !onPath('dpkg-deb')) return false
  say(`apt-get download ${name}`)
  const { code } = await apt(['download', '-q', name], { cwd: dir })
  if (code !== 0) return false
  const unpack = `dpkg-deb -x ${name}_*.deb . && rm ${name}_*.deb`
  return (await run('sh', ['-c', unpack], { cwd: dir })).code === 0
}

function apt(args, options = {}) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' }
  return run('apt-get', ['-o', 'DPkg::Lock::Timeout=120', ...args], { env, ...options })
}

/**
 * Packages ask /usr/sbin/policy-rc.d whether they may start what they bring (invoke-rc.d(8)). Ours
 * says no for as long as this process lives, so that a set-up that was killed forbids nothing for
 * ever.
 */
function forbidServices() {
  const path = '/usr/sbin/policy-rc.d'
  if (existsSync(path)) return () => {}
  const script = `#!/bin/sh\nkill -0 ${process.pid} 2>/dev/null && exit 101\nexit 0\n`
  writeFileSync(path, script, { mode: 0o755 })
  return () => rmSync(path, { force: true })
}

/** The last `count` lines that say something. */
export function lastLines(text, count) {
  return text.trim().split('\n').slice(-count).join('\n')
}

/**
 * Whether the program at `path` runs on this machine with no library and no loader: an ELF file of
 * Node's own architecture that names no interpreter (elf(5), PT_INTERP).
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
