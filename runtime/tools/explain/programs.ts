/** Why a file cannot be executed, found by reading it. */
import { closeSync, openSync, readdirSync, readSync, type Stats } from 'node:fs'
import { arch } from 'node:os'
import { readElf } from '../../03-pivot-root/elf.ts'
import { toBytes } from '../../bytes.ts'
import type { FailedStep } from '../../chapter-tools.ts'
import { statusField } from '../proc.ts'
import {
  find,
  hasOwnRoot,
  mountOf,
  whyNot,
  type CallOf,
  type Lookup,
} from './scene.ts'

type There = Extract<Lookup, { is: 'there' }>

/** An execvpe failed. */
export function ofExecvpe(call: CallOf<'execvpe'>, scene: FailedStep): string | undefined {
  const [, file, , env] = call
  const { errno } = scene
  const path = env.find((entry) => entry.startsWith('PATH='))?.slice(5)
  const isSearched = file !== '' && !file.includes('/')
  const names = isSearched ? (path || '.').split(':').map((dir) => `${dir || '.'}/${file}`) : [file]
  const there = names.flatMap((name) => {
    const found = find(scene, name)
    return found.is === 'there' ? [{ ...found, name }] : []
  })
  const causes = there.map((found) => {
    if (errno === 'ENOENT' || errno === 'ELOOP') return missingInterpreter(scene, found)
    if (errno === 'EACCES') return forbidden(scene, found)
    return errno === 'ENOEXEC' ? ofContent(found.name, beginningOf(found.real), here) : undefined
  })
  const cause = causes.find(Boolean)
  if (cause || there.length > 0 || errno === 'EACCES') return cause
  const empty = emptyRoot(scene)
  if (isSearched && file.startsWith('-'))
    return `${file} is the command here: flags go before it`
  if (isSearched && errno === 'ENOENT')
    return empty ?? (path ? `not in ${path}` : `no PATH is set to look for ${file} in`)
  if (file === '') return 'the name of the command is empty'
  return empty ?? whyNot(scene, file, find(scene, file))
}

/** This machine's architecture, as Go, Docker and OCI name it. */
const architectures: Record<string, string> = { x64: 'amd64', ia32: '386' }
const here = architectures[arch()] ?? arch()

function emptyRoot(scene: FailedStep): string | undefined {
  if (!hasOwnRoot(scene)) return undefined
  const names = readdirSync(`/proc/${scene.pid}/root/`).sort()
  if (names.some((name) => !['dev', 'etc', 'proc', 'sys'].includes(name))) return undefined
  return `the root file system is empty but for ${names.join(', ') || 'nothing'}`
}

/** ENOENT for a file that exists: its ELF loader or `#!` interpreter is missing. */
function missingInterpreter(scene: FailedStep, { name, real, stat }: There & { name: string }) {
  if (!stat.isFile()) return undefined
  const bytes = beginningOf(real)
  const loader = readElf(bytes)?.interpreter
  const script = scriptInterpreter(bytes)
  const wanted = loader ?? script
  const found = wanted === undefined ? undefined : find(scene, wanted)
  if (wanted === undefined || !found || found.is === 'there') return undefined
  if (loader) return `${name} exists, but its loader does not: ${loader}`
  const start = `the first line of ${name} asks for ${JSON.stringify(wanted).slice(1, -1)}`
  if (wanted.endsWith('\r')) return `${start}: it ends in a carriage return, as on Windows`
  return `${start}, which does not exist`
}

/** The word after `#!`, up to the first blank (execve(2)). */
function scriptInterpreter(bytes: Buffer): string | undefined {
  return /^#![ \t]*([^ \t\n\0]+)/.exec(bytes.toString('latin1'))?.[1]
}

function forbidden(scene: FailedStep, found: There & { name: string }): string | undefined {
  const { name, real, stat } = found
  if (stat.isDirectory()) return `${name} is a directory`
  if (!stat.isFile()) return `${name} is not an ordinary file`
  const uid = Number(statusField(scene.pid, 'Uid').split(/\s+/)[1])
  const gid = Number(statusField(scene.pid, 'Gid').split(/\s+/)[1])
  if (!mayExecute(stat, uid, gid)) return `${name} lacks the x bit: its mode is ${modeOf(stat)}`
  const mount = mountOf(scene, real)
  if (mount?.options.split(/[ ,]/).includes('noexec'))
    return `${name} is on a mount that is noexec, on ${mount.target}`
  const interpreter = scriptInterpreter(beginningOf(real))
  const reader = interpreter === undefined ? undefined : find(scene, interpreter)
  if (interpreter !== undefined && reader?.is === 'there' && interpreter !== name)
    return forbidden(scene, { ...reader, name: interpreter })
  return undefined
}

/** Root may execute a file with any x bit; the first class that applies decides for others. */
function mayExecute({ mode, uid: owner, gid: group }: Stats, uid: number, gid: number): boolean {
  if (uid === 0) return (mode & 0o111) !== 0
  return (mode & (uid === owner ? 0o100 : gid === group ? 0o010 : 0o001)) !== 0
}

function modeOf({ mode }: Stats): string {
  return `0${(mode & 0o7777).toString(8)}`
}

/** Why the kernel cannot run a file that begins with `bytes`. */
export function ofContent(name: string, bytes: Buffer, machine: string): string | undefined {
  if (bytes.length === 0) return `${name} is empty`
  const elf = readElf(bytes)
  if (elf && elf.architecture !== machine)
    return `${name} is made for ${elf.architecture}, and this machine is ${machine}`
  if (elf || bytes.subarray(0, 4).toString('latin1') === '\x7fELF')
    return elf ? undefined : `${name} is a truncated program`
  if (bytes.subarray(0, 2).toString('latin1') === '#!') return undefined
  return bytes.includes(0)
    ? `${name} is neither a program nor a script`
    : `${name} is text without #! and the name of an interpreter in its first line`
}

function beginningOf(real: string): Buffer {
  const fd = openSync(toBytes(real), 'r')
  try {
    const bytes = Buffer.alloc(65536)
    return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, 0))
  } finally {
    closeSync(fd)
  }
}
