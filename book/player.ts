/** Plays a chapter's sessions in a shell, as root, on the real kernel. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { importBusybox } from '../runtime/05-commit/busybox-image.ts'
import { busyboxBinary } from '../runtime/setup/busybox.ts'
import { compare, filled, refreshed, sessionsIn } from './sessions.ts'
import type { Exchange, Place, Seen } from './sessions.ts'

const patienceMs = 30_000
const program = join(import.meta.dirname, '../dist/stepbox.cjs')

/** An exchange that printed something else than the text says. */
export interface Mismatch extends Exchange {
  /** The place of the exchange among those of the text, from 0. */
  index: number
  actual: string[]
  /** Index in `expected` of the first line that was not printed. */
  at: number
  /** What the text should say instead. */
  refreshed: string[]
}

/**
 * Carry out all sessions of the text at `path` that belong to `place`, in order, in one shell. On
 * the host it has a private mount namespace, so that no mount reaches the host, an empty working
 * directory, an empty data root with the image busybox:latest, and `stepbox` on the PATH. In both
 * places, STEPBOX_CHAPTER keeps the program at the text's chapter. Gives the exchanges that did not
 * print what the text says.
 */
export async function play(path: string, place: Place): Promise<Mismatch[]> {
  const exchanges = sessionsIn(readFileSync(path, 'utf8'), place)
  if (exchanges.length === 0) return []
  const dir = mkdtempSync('/tmp/stepbox-session-') // as long everywhere: long lines are wrapped
  const pin = pinOf(path)
  const shell = await (place === 'vm' ? startMachine(pin) : startShell(dir, pin))
  const answerTo = async ({ command }: Exchange, seen: Seen) => shell.ask(filled(command, seen))
  const mismatches: Mismatch[] = []
  let seen: Seen = new Map()
  try {
    for (const [index, exchange] of exchanges.entries()) {
      const actual = await answerTo(exchange, seen).catch((error: Error) => {
        throw new Error(`${path}:${exchange.line}: ${error.message}`, { cause: error })
      })
      const expected = exchange.expected.map((line) => line.trimEnd())
      const result = compare(expected, actual, seen)
      if (typeof result !== 'number') seen = result
      else {
        const better = refreshed(expected, actual, seen)
        mismatches.push({ ...exchange, index, actual, at: result, refreshed: better })
      }
    }
  } finally {
    shell.end()
    rmSync(dir, { recursive: true, force: true })
  }
  return mismatches
}

/** The chapter of the text at `path`, as a variable for the program; none for other texts. */
function pinOf(path: string): { STEPBOX_CHAPTER?: string } {
  const [, digits] = /(?:^|\/)chapters\/(\d\d)-[^/]+\/[^/]+$/.exec(path) ?? []
  return digits === undefined ? {} : { STEPBOX_CHAPTER: `${Number(digits)}` }
}

/** A mismatch for people: the place, the command, and a line-by-line difference. */
export function explained(path: string, { line, command, expected, actual, at }: Mismatch): string {
  return [
    `${path}:${line}: $ ${command}`,
    ...expected.map((text, i) => `${i === at ? '-' : ' '} ${text}`),
    ...(at >= expected.length ? ['- (nothing more)'] : []),
    'what it printed:',
    ...actual.map((text) => `+ ${text}`),
  ].join('\n')
}

/** Put what was really printed into a text at `path` that has the same exchanges. */
export function rewrite(path: string, place: Place, mismatches: Mismatch[]): void {
  const text = readFileSync(path, 'utf8')
  const lines = text.split('\n')
  const exchanges = sessionsIn(text, place)
  for (const mismatch of mismatches.toReversed()) {
    const own = exchanges[mismatch.index]
    if (own?.command !== mismatch.command) continue
    const start = own.line - 1 + own.command.split('\n').length
    lines.splice(start, own.expected.length, ...mismatch.refreshed)
  }
  writeFileSync(path, lines.join('\n'))
}

interface Shell {
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
async function startMachine(pin: NodeJS.ProcessEnv): Promise<Shell> {
  const exports = Object.entries(pin).map(([name, value]) => `export ${name}=${value}; `)
  const command = exports.join('') + simpleLoop
  const args = [program, 'vm', '--swap', '512m', '--', 'sh', '-c', command]
  const shell = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const channel = { commands: shell.stdin, endOfCommand, patienceMs: 4 * patienceMs }
  return { ask: reader(shell, shell.stdout, channel), end: () => void shell.kill('SIGTERM') }
}

async function startShell(dir: string, pin: NodeJS.ProcessEnv): Promise<Shell> {
  const bin = join(dir, 'bin')
  const work = join(dir, 'work')
  const root = join(dir, 'root')
  mkdirSync(bin)
  mkdirSync(work)
  symlinkSync(program, join(bin, 'stepbox'))
  await importBusybox(root, busyboxBinary())
  const own = ['--mount', '--propagation', 'private', 'bash', '-c', loop, 'bash']
  const shell = spawn('unshare', own, {
    cwd: work,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
    env: {
      PATH: `${bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
      HOME: work,
      LANG: 'C.UTF-8',
      TERM: 'dumb',
      STEPBOX_ROOT: root,
      ...pin,
    },
  })
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
