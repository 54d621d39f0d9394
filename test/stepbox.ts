/** Tests. The program as a user has it: dist/stepbox.cjs in a process of its own. */
import { spawn, type ChildProcess } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const program = join(import.meta.dirname, '../dist/stepbox.cjs')

export interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
  out: string
  err: string
}

export interface Started {
  process: ChildProcess
  ended: Promise<Ended>
  /** Resolves when standard output holds `text`; rejects when it ended without. */
  says: (text: string) => Promise<void>
}

export interface Setting {
  /** The data root. */
  root: string
  /** Another program than that of the checkout. */
  path?: string
  input?: string
  env?: Record<string, string>
  /** The directory it is typed in, if not that of the tests. */
  cwd?: string
  /**
   * The test will stop it, so it gets its own session. If a process in the tests' group is stopped
   * when a parent outside the group ends, the kernel sends SIGHUP to the whole group (setpgid(2),
   * "orphaned process group").
   */
  isStopped?: boolean
}

/** Start `stepbox args…` and leave it running. */
export function start(args: string[], setting: Setting): Started {
  const { root, path = program, input, env, cwd, isStopped = false } = setting
  const child = spawn(process.execPath, ['--', path, ...args], {
    env: { PATH: process.env['PATH'] ?? '', TMPDIR: tmpdir(), STEPBOX_ROOT: root, ...env },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
    detached: isStopped,
  })
  const text = { out: '', err: '' }
  const waiting: (() => void)[] = []
  child.stdout?.on('data', (chunk: Buffer) => {
    text.out += chunk.toString()
    for (const look of waiting) look()
  })
  child.stderr?.on('data', (chunk: Buffer) => (text.err += chunk.toString()))
  child.stdin?.end(input)
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, ...text }))
  })
  const says = (wanted: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => text.out.includes(wanted) && resolve()
      waiting.push(look)
      look()
      void ended.then(() => reject(new Error(`ended without '${wanted}': ${text.out}${text.err}`)))
    })
  return { process: child, ended, says }
}

/** Run `stepbox args…` to its end. */
export function stepbox(args: string[], setting: Setting): Promise<Ended> {
  return start(args, setting).ended
}
