/** `reset`: whatever was broken, back to a clean state, told line by line. */
import chalk from 'chalk'
import { reset as clear, type Deed } from '../tools/reset/reset.ts'
import type { Input } from '../command-line.ts'
import { asJson, printable } from './print.ts'

/** Ends with 1 when something could not be removed. */
export async function resetCommand({ runtime, switches, values }: Input): Promise<number> {
  const isDry = switches.has('dry-run')
  const [force, all, images] = ['force', 'all', 'images'].map((name) => switches.has(name))
  const { root } = runtime
  const [isForced, isAll, isOfImages] = [force ?? false, all ?? false, images ?? false]
  const options = { runtime, root, force: isForced, all: isAll, images: isOfImages }
  const deeds: Deed[] = []
  for await (const deed of clear(options, isDry)) {
    deeds.push(deed)
    if (!values.has('format')) process.stdout.write(lines(deed, isDry))
  }
  process.stdout.write(values.has('format') ? asJson(deeds) : summary(deeds, isDry))
  return deeds.some(({ problem }) => problem !== undefined) ? 1 : 0
}

/** What is done to each kind: `unmounted`, `would unmount`. */
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

function lines({ kind, what, why, done, problem }: Deed, isDry: boolean): string {
  const [past, plain] = verbs[kind] ?? ['removed', 'remove']
  const isPath = kind === 'proc' || kind === 'file' || kind === 'directory'
  const noun = isPath ? '' : `${nouns[kind] ?? kind} `
  const thing = `${noun}${printable(what)}`
  if (problem !== undefined)
    return `${chalk.red(`cannot ${plain}`)} ${thing}\n    ${printable(problem)}\n`
  const verb = done ? chalk.green(past) : chalk.yellow(isDry ? `would ${plain}` : 'left')
  return `${verb} ${thing}\n    ${chalk.dim(why)}\n`
}

const nouns: Record<string, string> = {
  mount: 'mount',
  process: 'process',
  container: 'container',
  frozen: 'container',
  group: 'group',
  name: 'the name',
  image: 'image',
}

function summary(deeds: Deed[], isDry: boolean): string {
  const failed = deeds.filter(({ problem }) => problem !== undefined).length
  if (failed > 0) return `${failed} of ${deeds.length} could not be removed\n`
  if (deeds.length === 0) return 'nothing to do\n'
  if (isDry) return 'nothing was touched\n'
  return deeds.some(({ done }) => done) ? '' : 'nothing else to do\n'
}
