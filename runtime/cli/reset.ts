/** `reset`: remove what crashes left behind, and print each thing that is removed. */
import chalk from 'chalk'
import type { Input } from '../command-line.ts'
import { runningContainers } from '../container/find.ts'
import { asJson, printableIn } from '../printable.ts'
import { isAlive } from '../process.ts'
import { reset, type ResetResult } from '../tools/reset/reset.ts'
import { writeOutput } from './output.ts'
import { say } from './voice.ts'

/** The exit code is 1 if something could not be removed. */
export async function resetCommand({ runtime, switches, values }: Input): Promise<number> {
  const isDry = switches.has('dry-run')
  const options = {
    runtime,
    root: runtime.root,
    force: switches.has('force'),
    all: switches.has('all'),
    images: switches.has('images'),
  }
  const results: ResetResult[] = []
  for await (const result of reset(options, isDry)) {
    results.push(result)
    if (!values.has('format')) writeOutput(lines(printableIn(result), isDry))
  }
  const text = `${summary(results, isDry)}${options.force ? '' : aboutRunning(runtime.root)}`
  writeOutput(values.has('format') ? asJson(results) : say(text))
  return results.some(({ problem }) => problem !== undefined) ? 1 : 0
}

/** The verbs for each kind, as in `unmounted` and `would unmount`; `removed` for others. */
const verbs: Record<string, [done: string, plain: string]> = {
  proc: ['uncovered', 'uncover'],
  mount: ['unmounted', 'unmount'],
  process: ['killed', 'kill'],
  container: ['ended', 'end'],
  frozen: ['thawed', 'thaw'],
  group: ['removed', 'remove'],
  directory: ['removed', 'remove'],
  file: ['removed', 'remove'],
  name: ['freed', 'free'],
  image: ['removed', 'remove'],
  setting: ['put back', 'put back'],
}

function lines({ kind, what, why, removable, problem }: ResetResult, isDry: boolean) {
  const [past, plain] = verbs[kind] ?? ['removed', 'remove']
  const noun = isPath.has(kind) ? '' : `${say(nouns[kind] ?? kind)} `
  const thing = `${noun}${what}`
  if (problem !== undefined)
    return `${chalk.red(say(`cannot ${plain}`))} ${thing}\n    ${say(problem)}\n`
  const isLeft = !removable
  const verb = isLeft ? (isDry ? 'would leave' : 'left') : isDry ? `would ${plain}` : past
  const color = isLeft || isDry ? chalk.yellow : chalk.green
  return `${color(say(verb))} ${thing}\n    ${chalk.dim(say(why))}\n`
}

/** Kinds that a path alone identifies. */
const isPath = new Set(['proc', 'file', 'directory'])

/** What other kinds are called, if not by their own name. */
const nouns: Record<string, string> = { frozen: 'container', name: 'the name' }

/** Containers that run are no leftovers. */
function aboutRunning(root: string): string {
  const { length } = runningContainers(root).filter(({ monitor }) => isAlive(monitor))
  if (length === 0) return ''
  const they = length === 1 ? '1 container runs and stays' : `${length} containers run and stay`
  return `${they}; --force ends ${length === 1 ? 'it' : 'them'}, too\n`
}

function summary(results: ResetResult[], isDry: boolean): string {
  const failed = results.filter(({ problem }) => problem !== undefined).length
  if (failed > 0) return `${failed} of ${results.length} could not be removed\n`
  if (results.length === 0) return 'nothing to do\n'
  if (isDry) return 'nothing was touched\n'
  return results.some(({ done }) => done) ? '' : 'nothing else to do\n'
}
