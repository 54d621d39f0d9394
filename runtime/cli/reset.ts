/** `reset`: remove what crashes left behind, and print each thing that is removed. */
import chalk from 'chalk'
import type { Input } from '../command-line.ts'
import { reset, type ResetResult } from '../tools/reset/reset.ts'
import { asJson, printable } from './print.ts'

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
    if (!values.has('format')) process.stdout.write(lines(result, isDry))
  }
  process.stdout.write(values.has('format') ? asJson(results) : summary(results, isDry))
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
}

function lines({ kind, what, why, done, problem }: ResetResult, isDry: boolean): string {
  const [past, plain] = verbs[kind] ?? ['removed', 'remove']
  const noun = isPath.has(kind) ? '' : `${nouns[kind] ?? kind} `
  const thing = `${noun}${printable(what)}`
  if (problem !== undefined)
    return `${chalk.red(`cannot ${plain}`)} ${thing}\n    ${printable(problem)}\n`
  const verb = done ? chalk.green(past) : chalk.yellow(isDry ? `would ${plain}` : 'left')
  return `${verb} ${thing}\n    ${chalk.dim(why)}\n`
}

/** Kinds that a path alone identifies. */
const isPath = new Set(['proc', 'file', 'directory'])

/** What other kinds are called, if not by their own name. */
const nouns: Record<string, string> = { frozen: 'container', name: 'the name' }

function summary(results: ResetResult[], isDry: boolean): string {
  const failed = results.filter(({ problem }) => problem !== undefined).length
  if (failed > 0) return `${failed} of ${results.length} could not be removed\n`
  if (results.length === 0) return 'nothing to do\n'
  if (isDry) return 'nothing was touched\n'
  return results.some(({ done }) => done) ? '' : 'nothing else to do\n'
}
