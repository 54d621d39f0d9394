/** `doctor`: what this machine can do, and what to type to change what it cannot. */
import chalk from 'chalk'
import { rowsUpTo } from '../chapter.ts'
import { cut } from '../columns.ts'
import type { Input } from '../command-line.ts'
import { asJson, printableIn } from '../printable.ts'
import { demandsOf, diagnose, type CapabilityVerdict } from '../tools/doctor/diagnosis.ts'
import type { ChapterVerdict, Diagnosis } from '../tools/doctor/diagnosis.ts'
import { probe } from '../tools/doctor/probe.ts'
import { wrap } from '../tools/wrap.ts'
import { writeOutput } from './output.ts'
import { say } from './voice.ts'

/** The exit code is 0 if each chapter works in full, otherwise 1. */
export async function doctor({ runtime, values }: Input): Promise<number> {
  const rows = await rowsUpTo(runtime.chapters, Infinity)
  const diagnosis = diagnose(await probe(runtime.root, rows), await demandsOf(rows))
  writeOutput(values.has('format') ? asJson(diagnosis) : render(diagnosis))
  return diagnosis.ok ? 0 : 1
}

const width = 80

/** The diagnosis as text. Each reason is shown once, where it first applies. */
export function render(found: Diagnosis): string {
  const diagnosis = printableIn(found)
  const shown = new Set<string>()
  const topics = [...new Set(diagnosis.capabilities.map(({ topic }) => topic))]
  const sections = topics.map((topic) => {
    const of = diagnosis.capabilities.filter((each) => each.topic === topic)
    return section(topic, of.flatMap((each) => capabilityLines(each, shown)))
  })
  const { chapters, capabilities } = diagnosis
  const course = section('chapters', chapters.map((each) => chapterLine(each, capabilities)))
  return `${[header(diagnosis), ...sections, course, summary(diagnosis)].join('\n\n')}\n`
}

function section(title: string, lines: string[]): string {
  return [` ${chalk.bold(say(title))}`, ...lines].join('\n')
}

function header({ machine }: Diagnosis): string {
  const { platform, surroundings, propagation, cgroups, dataRoot } = machine
  const where = surroundings.length > 0 ? `in ${surroundings.join(', ')}` : 'in no container'
  if (platform !== 'linux') return chalk.dim(` ${platform}, Node ${machine.node}`)
  const spread = propagation.startsWith('shared') ? 'shared, as systemd leaves it' : propagation
  const lines = [
    `${where}; / is ${spread}; control groups: ${cgroups}`,
    `data in ${dataRoot.path}, on ${dataRoot.filesystem || 'an unknown file system'}`,
  ]
  return lines.map((line) => chalk.dim(` ${cut(say(line), width - 1)}`)).join('\n')
}

const marks = { yes: '✓', part: '~', no: '✗', unknown: '?' }

function capabilityLines(capability: CapabilityVerdict, before: Set<string>): string[] {
  const { name, state, found, why, remedy } = capability
  const color = state === 'yes' ? chalk.green : state === 'no' ? chalk.red : chalk.yellow
  const seen = cut(say(found), width - 24)
  const shown = state === 'yes' ? chalk.dim(seen) : seen
  const line = `   ${color(marks[state])} ${name.padEnd(18)} ${shown}`
  const reason = why === undefined || before.has(why) ? [] : wrap(say(why), width - 7)
  const help = remedy === undefined || before.has(remedy) ? [] : [chalk.cyan(`→ ${say(remedy)}`)]
  for (const text of [why, remedy]) if (text !== undefined) before.add(text)
  return [line, ...[...reason, ...help].map((text) => `       ${text}`)]
}

function chapterLine(chapter: ChapterVerdict, capabilities: CapabilityVerdict[]): string {
  const { number, slug, state, stops } = chapter
  const [mark, color] = looks[state]
  const names = firstCauses(chapter, capabilities)
  const all = names.length > 3 ? [...names.slice(0, 3), say(`${names.length - 3} more`)] : names
  const words = say(state === 'part' ? 'without' : 'lacks')
  const lacks = all.length > 0 ? `${words} ${all.join(', ')}` : ''
  const why = cut(stops ? say(`its list stops at ${stops}`) : lacks, width - 28)
  return `   ${color(mark)} ${number} ${slug.padEnd(14)} ${color(say(state))}  ${why}`.trimEnd()
}

const looks = {
  full: ['●', chalk.green],
  part: ['◐', chalk.yellow],
  none: ['○', chalk.red],
} as const

/** What a chapter lacks; if it does not work at all, one capability for each reason. */
function firstCauses(
  { state, missing }: ChapterVerdict,
  capabilities: CapabilityVerdict[],
): string[] {
  if (state === 'part') return missing
  const reasons = new Set<string>()
  return missing.filter((name) => {
    const why = capabilities.find((each) => each.name === name)?.why ?? name
    const isNew = !reasons.has(why)
    reasons.add(why)
    return isNew
  })
}

function summary({ ok, chapters, machine }: Diagnosis): string {
  const full = chapters.filter(({ state }) => state === 'full').length
  if (ok) return ` ${chalk.green(say('All chapters work in full.'))}`
  const anywhere = 'stepbox plan, stepbox replay and the texts work anywhere.'
  const rest = full === 0 ? [say(anywhere)] : []
  if (machine.platform === 'linux' && machine.uid !== 0) rest.push(withoutRoot())
  const stopped = chapters.filter(({ stops, missing }) => stops && missing.length === 0)
  for (const { number } of stopped) rest.push(ofList(number))
  return [` ${say(`${full} of ${chapters.length} chapters work in full.`)}`, ...rest].join('\n ')
}

function withoutRoot(): string {
  const told = say('Without root, a virtual machine has all of them:')
  return `${told} ${chalk.cyan('stepbox vm')}`
}

function ofList(number: number): string {
  const list = chalk.cyan(`stepbox --chapter ${number} plan`)
  const found = `The list of chapter ${number} stops, although this machine can do what it needs:`
  return `${say(found)}\n   ${list}`
}
