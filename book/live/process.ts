/** What the live book starts: a list of system calls, like everything that Stepbox starts. */
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { session } from '../../runtime/01-namespaces/command.ts'
import { closeInherited } from '../../runtime/01-namespaces/namespaces.ts'
import { connect, control, newTerminal } from '../../runtime/03-pivot-root/terminal.ts'
import { terminalChannel, type Size } from '../../runtime/03-pivot-root/terminal.ts'
import { masterFd } from '../../runtime/descriptors.ts'
import { launch, type Outcome } from '../../runtime/native.ts'
import { toolStep, type Step } from '../../runtime/step.ts'
import { root } from '../links.ts'

export interface Started {
  /** The pid of the command; 0 until it is known. */
  pid: () => number
  input: Writable
  output: Readable
  /** Without a terminal: what is written as errors. */
  errors: Readable
  /** Resolves when all that was started has ended. */
  ended: Promise<Outcome>
  /** End all that was started. */
  end: () => void
}

interface Wanted {
  argv: string[]
  /** Beside what every command gets. */
  env?: Record<string, string>
  /** The checkout, if none is given. */
  cwd?: string
  terminal?: Size
}

/**
 * Start a command of the host in a private mount namespace: what it mounts goes when it ends.
 * Its waiting parent notices when this process ends or lets go of it, and then ends the command
 * and all that it has started, in whatever session that is (native/parent.c).
 */
export function begin({ argv, env = {}, cwd = root, terminal }: Wanted): Started {
  const all = { ...environment(), ...env }
  const envp = Object.entries(all).map(([name, value]) => `${name}=${value}`)
  const plan = list({ argv, envp, cwd, terminal })
  const launched = launch(plan, { stdio: ['pipe', 'pipe', 'pipe'] })
  const { stdin, stdout, stderr } = launched.process
  if (!stdin || !stdout || !stderr) throw new Error('no pipe to the native program')
  for (const stream of [stdin, stdout, stderr]) stream.on('error', () => {}) // ignoring: it ended
  let pid = 0
  void (async () => {
    for await (const { index, result } of launched.reports)
      if (plan[index]?.call[0] === 'fork') pid = result
  })()
  return {
    pid: () => pid,
    input: stdin,
    output: stdout,
    errors: stderr,
    ended: launched.outcome,
    end: launched.abandon,
  }
}

/** Settle what killed processes could not, in the usual data root or in this one. */
export async function clearUp(dataRoot?: string): Promise<void> {
  const started = begin({
    argv: ['stepbox', 'ps'],
    ...(dataRoot === undefined ? {} : { env: { STEPBOX_ROOT: dataRoot } }),
  })
  for (const stream of [started.output, started.errors]) stream.resume()
  await started.ended
}

interface Listed {
  argv: string[]
  envp: string[]
  cwd: string
  terminal: Size | undefined
}

function list({ argv, envp, cwd, terminal }: Listed): Step[] {
  const other = toolStep(['ioctl_ptpeer', masterFd], 'its other side')
  const step = (call: Step['call']) => toolStep(call, 'part of the session of a page')
  return [
    ...closeInherited(),
    ...(terminal ? [...terminalChannel(), ...newTerminal('/dev/ptmx', terminal), other] : []),
    step(['prctl_subreaper']),
    step(['fork']),
    step(['prctl', 'PR_SET_PDEATHSIG', 'SIGKILL']),
    step(['unshare', ['CLONE_NEWNS']]),
    step(['mount', null, '/', null, ['MS_REC', 'MS_PRIVATE'], null]),
    ...session(),
    ...(terminal ? [control(), ...connect()] : []),
    step(['chdir', cwd]),
    step(['execvpe', argv[0] ?? '', argv, envp]),
  ]
}

/** What every command gets: the environment of this process, and `stepbox` on the PATH. */
function environment(): Record<string, string> {
  const inner = /^(npm_|NODE_|TMUX|VITEST)/
  const own = Object.entries(process.env).filter(([name]) => !inner.test(name))
  return {
    ...(Object.fromEntries(own) as Record<string, string>),
    PATH: `${programs()}:${process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin'}`,
    TERM: 'xterm-256color',
    LANG: process.env['LANG'] ?? 'C.UTF-8',
  }
}

/** A directory in which the program has its name. */
function programs(): string {
  const dir = join(root, 'dist/bin')
  const link = join(dir, 'stepbox')
  if (existsSync(link)) return dir
  mkdirSync(dir, { recursive: true })
  rmSync(link, { force: true })
  symlinkSync('../stepbox.cjs', link)
  return dir
}
