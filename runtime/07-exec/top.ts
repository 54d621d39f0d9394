/** `top`: the processes of a container, as the host's ps(1) shows them. */
import { readdirSync } from 'node:fs'
import { closeInherited } from '../01-namespaces/namespaces.ts'
import { processesIn } from '../02-cgroups/group-control.ts'
import { forEachWord, type Answer, type Input } from '../command-line.ts'
import { findContainer } from '../container/find.ts'
import { tidy } from '../container/tidy.ts'
import { tryReadlink } from '../files.ts'
import { NativeFailure } from '../native-failure.ts'
import { launch } from '../native.ts'
import type { Container } from '../options.ts'
import { stepOf, type Step } from '../step.ts'
import { pidInside } from './inside-root.ts'

const step = stepOf(7)

/** The table: whatever columns the options of ps ask for, and the container's rows. */
export async function topCommand({ runtime, words, failed }: Input): Promise<Answer> {
  const [word = '', ...options] = words
  await tidy(runtime)
  let answer: Answer = {}
  // What follows the name is not the container's, so a failure is that of any command.
  const code = await forEachWord({ words: [word], failed }, async () => {
    const container = findContainer(runtime.root, word)
    const { titles, rows } = await processTable(container, options.join(' '))
    answer = { json: { Titles: titles, Processes: rows }, heads: titles, rows }
  })
  return { ...answer, code }
}

/** What ps is asked, where nothing is: every process, in full. */
const usual = '-ef'

interface ProcessTable {
  titles: string[]
  rows: string[][]
}

/**
 * Ask ps for the processes of `container`, with `options` of ps, separated by blanks. Throws if the
 * container does not run, if ps does not understand, or if it shows no column PID.
 */
async function processTable(container: Container, options: string): Promise<ProcessTable> {
  if (container.status === 'restarting')
    throw new Error(`container '${container.name}' is restarting; wait until it runs`)
  const pids = pidsOf(container)
  const asked = (options.trim() || usual).split(/\s+/)
  // Some options exclude the choice of pids, and then all rows are read.
  const chosen = await psSays([...asked, '-q', pids.join(',')])
  const said = chosen.code === 0 ? chosen : await psSays(asked)
  const [problem] = said.err.trim().split('\n')
  if (said.code !== 0 && problem) throw new Error(`ps: ${problem}`)
  if (said.code !== 0) throw new Error(`ps ended with exit code ${said.code}`)
  return tableIn(said.out, new Set(pids))
}

/** Those of its control group, or without one, those of its pid namespace. */
function pidsOf(container: Container): number[] {
  const init = pidInside(container)
  const inGroup = processesIn(container.groups ?? [])
  if (inGroup.length > 0) return inGroup
  const namespace = (pid: number | string) => tryReadlink(`/proc/${pid}/ns/pid`)
  const own = namespace(init)
  return own === namespace('self') ? [init] : everyPid().filter((pid) => namespace(pid) === own)
}

function everyPid(): number[] {
  return readdirSync('/proc').map(Number).filter((pid) => pid > 0)
}

/** A list of two lines: what the host's ps needs to run, and nothing of ours. */
function psPlan(options: string[]): Step[] {
  const env = [`PATH=${process.env['PATH'] ?? '/usr/bin:/bin'}`]
  const why = "the host's own view: it can see the processes of all containers"
  return [...closeInherited(), step(['execvpe', 'ps', ['ps', ...options], env], why)]
}

async function psSays(options: string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' }
  const { process: ps, outcome } = launch(psPlan(options), { stdio: ['ignore', 'pipe', 'pipe'] })
  for (const [stream, key] of [[ps.stdout, 'out'], [ps.stderr, 'err']] as const)
    stream?.setEncoding('utf8').on('data', (text: string) => void (said[key] += text))
  const { exitCode, failure, refused } = await outcome
  if (failure?.errno === 'ENOENT') throw new Error('there is no ps here: install procps')
  if (failure || refused) throw new NativeFailure(refused)
  return { code: exitCode, ...said }
}

/** As Docker reads it: words, and whatever is left over belongs to the last column. */
function tableIn(text: string, pids: Set<number>): ProcessTable {
  const [head = '', ...lines] = text.split('\n').filter((line) => line.trim() !== '')
  const titles = wordsIn(head)
  const at = titles.indexOf('PID')
  if (at < 0) throw new Error('ps shows no column PID: let the options ask for it, as -o pid,args')
  const rows = lines.map(wordsIn).filter((words) => {
    const pid = Number(words[at])
    if (Number.isInteger(pid)) return pids.has(pid)
    throw new Error(`ps shows '${words[at]}' where a PID is expected: let pid come first`)
  })
  const last = titles.length - 1
  return { titles, rows: rows.map((row) => [...row.slice(0, last), row.slice(last).join(' ')]) }
}

function wordsIn(line: string): string[] {
  return line.trim().split(/\s+/)
}
