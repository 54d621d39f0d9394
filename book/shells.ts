/** The shells that sessions are played in: on this machine, on a terminal of it, in another. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { namesIn, tryRead } from '../runtime/files.ts'

const patienceMs = 30_000
const program = join(import.meta.dirname, '../dist/stepbox.cjs')

export interface Shell {
  /** Give the shell a command; the lines it prints, on both outputs. */
  ask(command: string): Promise<string[]>
  end(): void
}

/**
 * Reads commands from descriptor 3, each ended by NUL, and prints a mark after each. `$?`, the
 * variables and the working directory carry over to the next command.
 */
const loop = `exec 2>&1
while IFS= read -r -d '' -u 3 command; do
  (exit "\${status:-0}"); eval "$command" </dev/null 3<&-; status=$?
  printf '\\036'
done`

/** The same for busybox's shell: commands come on standard input, each ended by a line with ^]. */
const simpleLoop = `exec 3<&0 2>&1; mkdir -p /root/work; cd /root/work
while IFS= read -r line <&3; do
  if [ "$line" != '\x1d' ]; then command="$command$line
"; continue; fi
  (exit "\${status:-0}"); eval "$command" </dev/null 3<&-; status=$?; command=
  printf '\\036'
done`
const endOfCommand = '\n\x1d\n'
const mark = '\x1e'

/** A virtual machine: nothing in it needs to be cleaned up. An emulated one is slow. */
export async function startMachine(pin: NodeJS.ProcessEnv): Promise<Shell> {
  const exports = Object.entries(pin).map(([name, value]) => `export ${name}=${value}; `)
  const command = exports.join('') + simpleLoop
  const args = [program, 'vm', '--swap', '512m', '--', 'sh', '-c', command]
  const shell = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const channel = { commands: shell.stdin, endOfCommand, patienceMs: 4 * patienceMs }
  return { ask: reader(shell, shell.stdout, channel), end: () => void shell.kill('SIGTERM') }
}

/** What a session mounts, and what it does to the network, is gone with it. */
const ownPlace = ['--mount', '--net', '--propagation', 'private']
const loopbackUp = 'ip link set lo up; '

export async function startShell(dir: string, pin: NodeJS.ProcessEnv): Promise<Shell> {
  const { cwd, env } = placeIn(dir, pin)
  const own = [...ownPlace, 'bash', '-c', `${loopbackUp}${loop}`, 'bash']
  const stdio = ['ignore', 'pipe', 'inherit', 'pipe'] as const
  const shell = spawn('unshare', own, { cwd, env, detached: true, stdio: [...stdio] })
  const [, output, , commands] = shell.stdio
  return {
    ask: reader(shell, output as Readable, {
      commands: commands as Writable,
      endOfCommand: '\0',
      patienceMs,
    }),
    end: () => void process.kill(-(shell.pid ?? 0), 'SIGKILL'),
  }
}

/**
 * An interactive bash on a new terminal, as readers use: with job control and prompts, and every
 * program writes to the terminal. The prompt is the mark; input is not echoed.
 */
export async function startTerminal(dir: string, pin: NodeJS.ProcessEnv): Promise<Shell> {
  const { cwd, env } = placeIn(dir, pin)
  const bash = 'exec bash --norc --noprofile --noediting -i'
  const typed = `stty -echo -onlcr rows 24 columns 80; PS1= PS2=; ${bash}`
  const command = `unshare ${ownPlace.join(' ')} sh -c '${loopbackUp}${typed}'`
  const shell = spawn('script', ['-q', '-c', command, '/dev/null'], {
    cwd,
    env: { ...env, TERM: 'xterm', NO_COLOR: '1', PS0: '' },
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const channel = { commands: shell.stdin, endOfCommand: '\n', patienceMs }
  const ask = reader(shell, shell.stdout, channel)
  await ask(`PROMPT_COMMAND= PS1=$'\\036' PS2=`)
  return {
    ask: async (command) => withoutEnd((await ask(command)).map(asShown)),
    end: () => endSession(shell.pid ?? 0),
  }
}

/**
 * End `script` and the session that it has started: jobs have process groups of their own, and a
 * shell in a loop lives on when its terminal is gone.
 */
function endSession(script: number): void {
  const stats = namesIn('/proc').flatMap((pid) => tryRead(`/proc/${pid}/stat`) ?? [])
  const processes = stats.map((stat) => {
    const [, parent, , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ').map(Number)
    return { pid: parseInt(stat), parent, session }
  })
  const leader = processes.find(({ parent }) => parent === script)?.pid
  for (const { pid, session } of processes)
    if (pid === script || (leader !== undefined && session === leader)) kill(pid)
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // ignoring: it has ended
  }
}

/** `lines` without empty ones at the end. */
function withoutEnd(lines: string[]): string[] {
  return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1)
}

/** A line without what was erased in it, such as progress, and without colours. */
function asShown(line: string): string {
  return line.replace(/^[^]*\x1b\[K/, '').replace(/\x1b\[[\d;]*m/g, '').replace(/\r$/, '')
}

/**
 * `lines` without what an interactive shell says of jobs, which texts do not show: their numbers,
 * and the commands of those that have ended, as they were typed.
 */
export function withoutJobs(lines: string[], typed: Set<string>): string[] {
  const state = 'Running|Done|Exit|Killed|Terminated|Stopped'
  const ofJob = new RegExp(`^(\\[\\d+\\][+-]? +(\\d+$|${state})|\\(wd now: )`)
  let isInJob = false
  return lines.filter((line) => {
    isInJob = ofJob.test(line) || (isInJob && typed.has(asJob(line)))
    return !isInJob
  })
}

/** A line of a command as a shell shows it again. */
export function asJob(line: string): string {
  return line.replace(/ *& *$/, '').trim()
}

/**
 * Remove all containers that a session has left in `dir`, whatever failed in it: what deletes the
 * directory would leave their processes behind. One that was just being started is seen the next
 * time; of a data root that nothing can be done with, the rest is left.
 */
export function removeContainers(dir: string): void {
  const root = join(dir, 'root')
  const stepbox = (...args: string[]) =>
    spawnSync(process.execPath, [program, '--root', root, ...args], {
      encoding: 'utf8',
      timeout: 4 * patienceMs,
      stdio: ['ignore', 'pipe', 'ignore'],
    }).stdout ?? ''
  for (let round = 0; round < 3 && existsSync(join(root, 'containers')); round++) {
    const ids = stepbox('ps', '-aq', '--no-trunc').split('\n').filter(Boolean)
    if (ids.length === 0) return
    stepbox('rm', '-f', ...ids)
  }
}

/** What a reader begins with: an empty directory, a data root that is not there yet, a PATH. */
function placeIn(dir: string, pin: NodeJS.ProcessEnv) {
  const bin = join(dir, 'bin')
  const work = join(dir, 'work')
  const root = join(dir, 'root')
  mkdirSync(bin)
  mkdirSync(work)
  symlinkSync(program, join(bin, 'stepbox'))
  const env = {
    PATH: `${bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
    HOME: work,
    LANG: 'C.UTF-8',
    TERM: 'dumb',
    STEPBOX_ROOT: root,
    ...pin,
  }
  return { cwd: work, env }
}

interface Channel {
  commands: Writable
  endOfCommand: string
  patienceMs: number
}

function reader(shell: ChildProcess, output: Readable, channel: Channel): Shell['ask'] {
  const { commands, endOfCommand, patienceMs } = channel
  let text = ''
  let onText = (): void => {}
  let onExit = (): void => {}
  shell.once('exit', () => onExit())
  output.on('data', (chunk: Buffer) => ((text += chunk.toString('latin1')), onText()))
  return async (command) => {
    commands.write(`${command}${endOfCommand}`)
    await new Promise<void>((resolve, reject) => {
      const late = (): void => reject(new Error(`still running after ${patienceMs} ms: ${command}`))
      const timer = setTimeout(late, patienceMs)
      onExit = () => reject(new Error(`the shell ended: ${command}`))
      onText = () => void (text.includes(mark) && (clearTimeout(timer), resolve()))
      onText()
    })
    const end = text.indexOf(mark)
    const printed = Buffer.from(text.slice(0, end), 'latin1').toString('utf8').trimEnd()
    text = text.slice(end + 1)
    return printed === '' ? [] : printed.split('\n').map(asSeen)
  }
}

/** A line as a terminal shows it: in a script, bash puts line numbers into its errors. */
function asSeen(line: string): string {
  return line.trimEnd().replace(/^(bash|sh): (?:eval: )?line \d+: /, '$1: ')
}
