/** Tests. The native program under strace(1): the system calls it makes for a plan. */
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { controlFd } from '../runtime/descriptors.ts'
import { encode } from '../runtime/encode.ts'
import { nativePath } from '../runtime/native.ts'
import type { Step } from '../runtime/step.ts'
import { scratch } from './scratch.ts'

/** What the process that carries out a plan does, and what its parent does after a fork. */
export interface Log {
  lines: string[]
  parent: string[]
}

/**
 * Carry out `plan` under strace, with nothing left out but what a C library does by itself. The
 * words `within` come before strace: what starts both.
 */
export async function seen(plan: Step[], within: string[] = []): Promise<Log> {
  const dir = scratch()
  const args = ['-ff', '-v', '-s', '100000', '-a', '0', '-o', join(dir, 'log'), nativePath]
  const [program = '', ...words] = [...within, 'strace', ...args]
  const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
  const control = child.stdio[controlFd] as Writable
  control.on('error', () => {}) // ignoring: the end of the program is in the log
  control.end(encode(plan))
  child.stdio[controlFd]?.on('data', () => {})
  await new Promise((resolve) => child.on('close', resolve))
  const pids = readdirSync(dir).map((name) => name.slice('log.'.length))
  return ofThePlan(new Map(pids.map((pid) => [pid, readFileSync(join(dir, `log.${pid}`), 'utf8')])))
}

/** From the log of each process: what follows the plan's arrival, in the child after a fork. */
function ofThePlan(logs: Map<string, string>): Log {
  const first = [...logs.values()].find((log) => /^execveat\(/m.test(log)) ?? ''
  const all = first.slice(first.search(/^execveat\(/m)).split('\n')
  const isRead = (line: string) => line.startsWith(`read(${controlFd}, `)
  const begun = all.findIndex(isRead)
  const own = all.slice(begun).filter((line) => !isRead(line))
  const fork = own.findIndex((line) => forked.test(line))
  if (fork < 0) return { lines: cleaned(own), parent: [] }
  const [, pid = ''] = forked.exec(own[fork] ?? '') ?? []
  const child = withClone(logs.get(pid)?.split('\n') ?? [], logs)
  const end = child.findIndex((line) => /^execve\(.* = 0$/.test(line))
  const lines = [...own.slice(0, fork + 1), ...child.slice(0, end < 0 ? child.length : end + 1)]
  const before = cleaned(own.slice(0, fork + 1))
  return { lines: cleaned(lines), parent: cleaned(own).slice(before.length) }
}

/** What a process does; after it has made the one that takes its place, what that does. */
function withClone(lines: string[], logs: Map<string, string>): string[] {
  const at = lines.findIndex((line) => forked.test(line) && line.includes('CLONE_PARENT'))
  const [, pid = ''] = forked.exec(lines[at] ?? '') ?? []
  return at < 0 ? lines : [...lines.slice(0, at + 1), ...(logs.get(pid)?.split('\n') ?? [])]
}

const forked = /^(?:v?fork|clone3?)\(.* = (\d+)$/

/** System calls without their results, and without those that no step asks for. */
function cleaned(lines: string[]): string[] {
  const control = new RegExp(`^\\w+\\(${controlFd}[,)]`)
  return withoutMasks(lines)
    .filter((line) => /^\w+\(/.test(line) && !control.test(line) && !byLibrary.test(line))
    .map((line) => line.replace(/ = (-?\w+( .*)?|\?)$/, ''))
    .map(plain)
}

/** Memory, threads, the end of a process; musl sets FD_CLOEXEC twice, for old kernels. */
const byLibrary = new RegExp(
  '^((brk|mmap|munmap|mremap|madvise|gettid|set_tid_address|set_robust_list|rseq|exit_group)\\(' +
    '|fcntl\\(\\d+, F_SETFD, FD_CLOEXEC\\))',
)

/** musl blocks all signals in fork(2), setuid(2) and the like, and unblocks them afterwards. */
function withoutMasks(lines: string[]): string[] {
  let depth = 0
  return lines.filter((line) => {
    if (/^rt_sigprocmask\(SIG_BLOCK, ~\[/.test(line)) return (depth++, false)
    const isUndone = depth > 0 && /^rt_sigprocmask\(SIG_SETMASK, .*, NULL, /.test(line)
    return isUndone ? (depth--, false) : true
  })
}

/** One way of writing what libraries and processors do in several. */
export function plain(line: string): string {
  return line
    .replace(/^(?:v?fork\(|clone3?\().*$/, 'fork()')
    .replace(/^(\w+?)(at)?\((.*)$/, (_, name: string, ...[at = '', rest = '']: string[]) =>
      rest.includes('AT_FDCWD, ') && name !== 'utimens' && !rest.includes('AT_EMPTY_PATH')
        ? `${name}(${rest.replaceAll('AT_FDCWD, ', '')}`
        : `${name}${at}(${rest}`,
    )
    .replaceAll(/\b[A-Z][A-Z0-9_]*(?:\|\w+)+/g, sorted)
    .replace(/^umask\(0+\)$/, 'umask(0)')
    .replaceAll(/makedev\((\w+), (\w+)\)/g, (_, major: string, minor: string) => {
      return `makedev(${Number(major)}, ${Number(minor)})`
    })
    .replace(/^prlimit64\(0, (\w+), NULL, .*$/, 'getrlimit($1)')
    .replace(/^prlimit64\(0, (\w+), \{(rlim_cur=\w+), .*$/, 'setrlimit($1, {$2})')
    .replace(/^(sched_setaffinity\(0, )\d+, \[0 .* (\d+)\]/, '$1[0-$2]')
    .replace(/^(sched_setattr\(0, \{).*(sched_policy=\w+, ).*(sched_nice=\d+).*$/, '$1$2$3}, 0)')
    .replace(/^capset\(.*(inheritable=\w+)\}\)$/, 'capset({pid=0}, {$1})')
    .replace(/^(sethostname\(".*"), \d+\)$/, '$1)')
    .replace(/^getcwd\(.*$/, 'getcwd()')
    .replace(/(?<=PR_SET_DUMPABLE, )SUID_DUMP_DISABLE/, '0')
    .replace(/(ws_col=\d+), ws_xpixel=0, ws_ypixel=0/, '$1')
    .replace(/^sendmsg\((\d+), .*(cmsg_type=\w+, cmsg_data=\[\d+\]).*$/, (_, fd, control) => {
      return `sendmsg(${fd}, {msg_control=[{${control}}]}, 0)`
    })
    .replace(/ \/\* \d+ vars? \*\//, '')
    .replace(/^(newfstat|dup3|ppoll)(?=\()/, (name) => synonyms[name] ?? name)
}

const synonyms: Record<string, string> = { newfstat: 'lstat', dup3: 'dup2', ppoll: 'poll' }

function sorted(flags: string): string {
  const order = flags.split('|').filter((flag) => flag !== 'O_LARGEFILE')
  return order.sort().join('|')
}
