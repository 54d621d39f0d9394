/** The learner's modules at work: questions go in, JSON comes out, and nothing else does. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { groupDirs } from '../02-cgroups/cgroup.ts'
import { groupFor } from '../02-cgroups/lifecycle.ts'
import { killAll, removeGroup } from '../02-cgroups/group-control.ts'
import { launch, type Launch } from '../native.ts'
import { printable } from '../printable.ts'
import { removeTree } from '../remove-tree.ts'
import { sentence, speaker, type Sentence } from '../sentence.ts'
import type { Step } from '../step.ts'
import { failureInWords } from '../strace.ts'
import { ownDirectory, ownId } from './leftovers.ts'
import { patience, within } from './patience.ts'
import { plainJson } from './plain-json.ts'
import { nodeFiles, room } from './room.ts'
import { serving, type Question, type Reply } from './serve.ts'

export interface Planner {
  /** Throws a PlannerError if the modules give no answer. */
  ask(question: Question): Promise<unknown>
  /** End it, and remove what it needed. */
  close(): Promise<void>
}

/** The learner's modules gave no answer: an exception, an endless loop, too much memory. */
export class PlannerError extends Error {
  readonly said: Sentence
  /** `runtime/03-pivot-root/root.ts:31`, if it is known. */
  readonly where: string | undefined
  /** What was asked for, if it was not the chapter's list. */
  asked: Pick<Question, 'file' | 'symbol'> | undefined
  constructor(said: Sentence, where?: string) {
    super(speaker('en', [])(said))
    this.said = said
    this.where = where
  }
}

/** What is said of an endless loop. */
export function noAnswer(seconds: number): Sentence {
  return sentence('no answer within {seconds} seconds: does it loop?', { seconds })
}

/** Where a virtual machine emulates the processor, this program took long to start, too. */
const patienceMs = 1000 * Math.ceil(Math.max(5, performance.nodeTiming.bootstrapComplete / 20))
const mostBytes = 4 * 2 ** 20
const heapBytes = 256 * 2 ** 20
const limits = { memoryBytes: 2 * heapBytes, pidsMax: 32 }

/** Start `bundle` in a room of its own, with a directory below the data root `root`. */
export async function openPlanner(root: string, bundle: string): Promise<Planner> {
  const dir = await ownDirectory(root)
  const put = (name: string, text: string) => {
    writeFileSync(join(dir, name), text)
    chmodSync(join(dir, name), 0o644) // whatever the umask: in the room, nobody reads it
    return join(dir, name)
  }
  mkdirSync(join(dir, 'root'))
  const warn = () => {} // ignoring: this machine may lack a limit
  const { group } = groupFor(ownId('planner'), { limits }, warn)
  const groups = groupDirs(group)
  const list = room({
    dir: join(dir, 'root'),
    group,
    files: {
      ...nodeFiles(),
      '/serve.cjs': put('serve.cjs', serving),
      '/modules.json': put('modules.json', bundle),
    },
    argv: ['/node', ...flags, '/serve.cjs', '/modules.json'],
  })
  const launched = launch(list, { stdio: ['pipe', 'pipe', 'pipe'] })
  return {
    ask: conversation(launched, list),
    close: async () => {
      launched.abandon()
      await killAll(groups)
      await launched.outcome
      await removeGroup(groups)
      await removeTree(dir)
    },
  }
}

const flags = ['--enable-source-maps', '--no-addons', `--max-old-space-size=${heapBytes / 2 ** 20}`]

/** One question at a time; each answer is a line. */
function conversation(launched: Launch, list: Step[]): Planner['ask'] {
  const { stdin, stdout, stderr } = launched.process
  let [errors, isOver] = ['', false]
  let lines = answer()
  stdin?.on('error', () => {}) // ignoring: it has ended, and the outcome says why
  stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4000)
  })
  stdout?.on('data', (chunk: Buffer) => lines.add(chunk))
  void launched.outcome.then(() => {
    isOver = true
    lines.end()
  })
  return async (question) => {
    lines = answer()
    const begin = Date.now()
    stdin?.write(`${JSON.stringify(question)}\n`)
    if (isOver) lines.end()
    const line = await within(lines.whole, patienceMs)
    if (typeof line === 'string') return valueIn(line)
    launched.abandon()
    const { failure, refused, exitCode } = await launched.outcome
    if (refused !== undefined) throw new Error(refused)
    if (failure) throw new Error(failureInWords(list, failure.index, failure.errno ?? ''))
    const seconds = patience(patienceMs) / 1000
    if (Date.now() - begin >= patience(patienceMs))
      throw new PlannerError(noAnswer(seconds))
    throw new PlannerError(lines.isTooLong() ? tooLong() : lastWords(errors, exitCode))
  }
}

const tooLong = () => sentence('its answer is longer than {most} bytes', { most: mostBytes })

/** Collects the bytes up to the end of a line; undefined if there is none. */
function answer() {
  const chunks: Buffer[] = []
  let size = 0
  let settle: (line: string | undefined) => void = () => {}
  const whole = new Promise<string | undefined>((resolve) => (settle = resolve))
  const add = (chunk: Buffer) => {
    size += chunk.length
    if (size > mostBytes) return settle(undefined)
    chunks.push(chunk)
    if (chunk.includes(newline)) settle(Buffer.concat(chunks).toString().split('\n', 1)[0])
  }
  return { whole, add, end: () => settle(undefined), isTooLong: () => size > mostBytes }
}

const newline = 10

/** What the modules say is not trusted to be what serve.ts would say. */
function valueIn(line: string): unknown {
  const reply = replyIn(line)
  if (!reply) throw new PlannerError(sentence('its answer is not JSON, or too deep'))
  if ('value' in reply) return reply.value
  const where = /^[\w./-]{1,200}:\d+$/.test(reply.where ?? '') ? reply.where : undefined
  const problem = printable(reply.problem.slice(0, 400))
  throw new PlannerError(sentence('{problem}', { problem }), where)
}

function replyIn(line: string): Reply | undefined {
  try {
    const found = plainJson(line)
    if (typeof found !== 'object' || found === null) return undefined
    if (Object.hasOwn(found, 'value')) return { value: (found as { value: unknown }).value }
    const { problem, where } = found as Record<string, unknown>
    if (typeof problem !== 'string') return undefined
    return { problem, ...(typeof where === 'string' ? { where } : {}) }
  } catch {
    return undefined // ignoring how: it is not JSON
  }
}

/** 137: killed, as the kernel does when the group has used up its memory. */
function lastWords(errors: string, exitCode: number): Sentence {
  const isFull = /heap out of memory|Allocation failed/.test(errors) || exitCode === 137
  if (isFull) return sentence('it ran out of memory, or was killed')
  const line = errors.split('\n').find((each) => /error/i.test(each))
  const problem = printable(line?.trim().slice(0, 300) ?? '')
  if (problem === '') return sentence('it ended without an answer')
  return sentence('{problem}', { problem })
}
