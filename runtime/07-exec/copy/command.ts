/** `cp`, the command. */
import { resolve } from 'node:path'
import { isatty } from 'node:tty'
import { planOptions } from '../../chapter.ts'
import { stepFlags, type Answer, type Input } from '../../command-line.ts'
import { tidy } from '../../container/tidy.ts'
import { every } from '../../05-commit/commands.ts'
import type { PlanOptions } from '../../options.ts'
import type { Step } from '../../step.ts'
import { decimalSize } from '../../units.ts'
import { copy } from './copy.ts'
import { copyPlaceOf, shortened, type CopyPlace } from './words.ts'

/** Prints nothing in a pipe; on a terminal how much was copied, as Docker does from 23 on. */
export async function cpCommand(input: Input): Promise<Answer | number> {
  const { runtime, words, switches, warn, progress, print, write } = input
  const [source = '', target = ''] = words
  const [from, to] = placesOf(source, target)
  await tidy(runtime)
  let copied = 0
  const show = every(2 ** 22, (bytes) => progress(`${decimalSize(bytes)} copied`))
  const isQuiet = switches.has('quiet') || to.kind === 'stream'
  const options = {
    from,
    to,
    followLink: switches.has('follow-link'),
    isArchive: switches.has('archive'),
    onSkipped: (path: string, why: string) => warn(`left out ${shortened(path)}: ${why}`),
    onBytes: (bytes: number) => {
      copied = bytes
      if (!isQuiet) show(bytes)
    },
    write: (bytes: Uint8Array) => write(1, bytes),
  }
  if (isWatched(input)) return (await import('./watched.ts')).copyWatched(input, options)
  const unheld = await copy(runtime, options)
  progress('')
  for (const [name, { path, errno }] of unheld)
    warn(`the attribute ${name} of ${path} is left out: ${errno}`)
  const place = to.kind === 'here' ? resolve(to.path) : target
  if (!isQuiet && isatty(1)) print(`Successfully copied ${decimalSize(copied)} to ${place}`)
  return {}
}

/** Whether the list is to be traced, stepped through or recorded, or to miss a line. */
function isWatched({ switches, values }: Input): boolean {
  const words = [...switches, ...values.keys()]
  return stepFlags.some(({ long }) => words.includes(long))
}

/** The list of a copy that is only printed: of this one, or of a typical one. */
export async function printedCopy({ runtime, words, switches }: Input): Promise<PlanOptions> {
  const [source, target] = words
  const ordinary = planOptions(runtime.rows)
  if (source === undefined || target === undefined) return ordinary
  const [from, to] = placesOf(source, target)
  // Only root can look into containers; others, and other systems, get a typical list.
  if (process.platform !== 'linux' || process.geteuid?.() !== 0) return ordinary
  const copySteps: Step[] = []
  await copy(runtime, {
    ...{ from, to, followLink: switches.has('follow-link'), isArchive: switches.has('archive') },
    ...{ onSkipped: () => {}, onBytes: () => {}, write: () => {} },
    planned: (steps) => copySteps.push(...steps.map(lighter)),
  })
  return { ...ordinary, copySteps }
}

/** Without the bytes of a file, which are not printed: as many zeros take no memory. */
function lighter(step: Step): Step {
  const { call } = step
  if (call[0] !== 'pwrite') return step
  return { ...step, call: ['pwrite', call[1], new Uint8Array(call[2].length), call[3]] }
}

/** One of them is in a container, and the other is not. */
function placesOf(source: string, target: string): [from: CopyPlace, to: CopyPlace] {
  if (source === '') throw new Error('the source is empty')
  if (target === '') throw new Error('the destination is empty')
  const [from, to] = [copyPlaceOf(source), copyPlaceOf(target)]
  if (from.kind === 'inside' && to.kind === 'inside')
    throw new Error('from one container to another: copy to a directory here, then on')
  if (from.kind !== 'inside' && to.kind !== 'inside')
    throw new Error(`neither '${source}' nor '${target}' is CONTAINER:PATH`)
  if (source.endsWith(':') && from.kind === 'inside')
    throw new Error(`'${source}' names no path; all files are '${source}/'`)
  return [from, to]
}
