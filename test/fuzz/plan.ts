/** Tests. Fuzzed: the reader of plans in C, built with AddressSanitizer and UBSan (plan.c). */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { calls } from '../../runtime/call-table.ts'
import { encode } from '../../runtime/encode.ts'
import { toolStep, type Step } from '../../runtime/step.ts'
import type { Random } from '../power/random.ts'
import { numbers } from './mutate.ts'
import { Broken, rule, type Target } from './target.ts'

const here = import.meta.dirname
/** Of the native program, what reads, checks and refuses; the calls themselves are left out. */
const sources = [join(here, 'plan.c')].concat(
  ['plan', 'calls', 'report'].map((name) => join(here, `../../native/${name}.c`)),
)
const sanitized = ['-g', '-O1', '-fsanitize=address,undefined', '-fno-sanitize-recover=all']
const wrapped = ['read', 'writev', '_exit'].map((name) => `-Wl,--wrap=${name}`)
const withoutCalls = ['-no-pie', '-Wl,--unresolved-symbols=ignore-in-object-files']
const warnings = ['-Wall', '-Wextra', '-Werror']

/** Why the reader cannot be built so on this machine; undefined if it can. */
export function whyNotBuilt(): string | undefined {
  const args = ['-fsanitize=address,undefined', '-x', 'c', '-', '-o', '/dev/null']
  const { error, status } = spawnSync('gcc', args, { input: 'int main(void) { return 0; }' })
  if (error) return 'no gcc on the PATH'
  return status === 0 ? undefined : 'gcc has no AddressSanitizer here'
}

export const plan: Target = {
  name: 'plan',
  open: () => void (driver = start(build())),
  seeds: () => {
    const each = plans.map((steps) => encode(steps))
    return [...each, Buffer.concat(each)]
  },
  words: [
    ...['1:0,', '1:i,', '7:iEEXIST,', '6:cmkdir,', '2:l1,', '2:s/,', '3:n-1,', '1:f,', '4:sa\0b,'],
    ...['stepbox 1 run 1 ', 'stepbox 1 trace 0 0\n', 'MS_REC|', ':', ',', '8:cexecvpe,', '2:l9,'],
  ],
  reshape,
  check: (bytes) => {
    if (!driver) throw new Broken('it was not started')
    return driver.ask(bytes)
  },
  close: async () => driver?.end(),
}

interface Driver {
  /** What it says of a plan. Throws Broken if a sanitizer ended it. */
  ask(bytes: Buffer): Promise<string>
  /** What the sanitizers say at the end: undefined if no memory is left over. */
  end(): Promise<string | undefined>
}

let driver: Driver | undefined

function build(): string {
  const dir = mkdtempSync(join(tmpdir(), 'stepbox-fuzz-'))
  const flags = [...sanitized, ...warnings, ...wrapped, ...withoutCalls]
  const { status, stderr } = spawnSync('gcc', [...flags, '-o', join(dir, 'plan'), ...sources])
  if (status === 0) return dir
  rmSync(dir, { recursive: true })
  throw new Error(`gcc says\n${String(stderr)}`)
}

function start(dir: string): Driver {
  const env = { ASAN_OPTIONS: 'allocator_may_return_null=1:detect_leaks=1' }
  const child: ChildProcess = spawn(join(dir, 'plan'), [], { stdio: 'pipe', env })
  const { stdin, stdout, stderr } = child
  if (!stdin || !stdout || !stderr) throw new Error('a pipe is missing')
  stdin.on('error', () => {}) // ignoring: it has ended, and stderr says why
  let report = ''
  stderr.on('data', (chunk: Buffer) => (report += chunk.toString()))
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  const lines = createInterface(stdout)[Symbol.asyncIterator]()
  return {
    async ask(bytes) {
      const length = Buffer.alloc(4)
      length.writeUInt32LE(bytes.length)
      stdin.write(Buffer.concat([length, bytes]))
      const { done, value } = await lines.next()
      if (!done) return answerOf(String(value))
      await ended
      throw new Broken(`it was ended\n${report.split('\n').slice(0, 30).join('\n')}`)
    },
    async end() {
      stdin.end()
      const code = await ended
      rmSync(dir, { recursive: true, force: true })
      return code === 0 ? undefined : `at its end\n${report.slice(0, 3000)}`
    },
  }
}

/** `parsed …` is a plan that was taken; `refused …` becomes the error that it is. */
function answerOf(line: string): string {
  if (line.startsWith('parsed') || line === 'end') return line
  rule(/^(parsed \d+, )*refused [ -~]*$/.test(line), `it says ${JSON.stringify(line)}`)
  throw new Error(line)
}

/** Other items in the place of some, and a header that counts the bytes right. */
function reshape(bytes: Buffer, random: Random): Buffer {
  const end = bytes.indexOf(10)
  const items = itemsIn(bytes.toString('latin1', end + 1))
  for (let left = 1 + random.below(3); left > 0; left--) {
    const at = random.below(items.length + 1)
    const text = random.pick(texts)(random, items[random.below(items.length)] ?? 'n1')
    items.splice(at, random.below(3), ...(text === undefined ? [] : [text]))
  }
  const body = items.map((item) => `${item.length}:${item},`).join('')
  const header = bytes.toString('latin1', 0, end).split(' ')
  header[4] = String(body.length)
  if (random.fraction() < 0.3) header[3] = String(random.below(8))
  return Buffer.from(`${header.join(' ')}\n${body}`, 'latin1')
}

/** Kinds and contents, as far as they have the form. */
function itemsIn(body: string): string[] {
  const items: string[] = []
  for (let at = 0; ; ) {
    const [whole, length] = /^(\d{1,6}):/.exec(body.slice(at, at + 8)) ?? []
    if (whole === undefined) return items
    const from = at + whole.length
    items.push(body.slice(from, from + Number(length)))
    at = from + Number(length) + 1
  }
}

const texts: ((random: Random, item: string) => string | undefined)[] = [
  () => undefined,
  (_, item) => item,
  (random) => `c${random.pick(Object.keys(calls))}`,
  (random) => random.pick(['iEEXIST', 'i', 'iENOENT', 'iEIO', '0', 'l0', 'l1', 'l2', 'l99', 'l-1']),
  (random) => `n${random.pick(numbers)}`,
  (random) => `f${random.pick(['', 'MS_REC', 'MS_REC|MS_BIND', '|', 'MS_REC|', 'X'])}`,
  (random) => random.pick(['s', 'b']) + 'a'.repeat(random.below(2000)) + random.pick(['', '\0']),
]

function step(...call: Step['call']): Step {
  return toolStep(call, 'a test')
}

const plans: Step[][] = [
  [step('umask', 0o22)],
  [{ ...step('mkdir', '/a', 0o755), ignoring: 'EEXIST' }, step('chdir', '/a')],
  [step('mount', null, '/', null, ['MS_REC', 'MS_PRIVATE'], null), step('getcwd')],
  [step('pwrite', 0, Buffer.from([0, 1, 255]), 9), step('lsetxattr', 'a', 'b', Buffer.from('c'))],
  [step('setgroups', []), step('fork'), step('execvpe', 'sh', ['sh', '-c', 'é'], ['A=b', 'C='])],
]
