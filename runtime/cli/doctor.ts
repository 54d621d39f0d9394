/** `doctor`: what this machine can do, and what to type to change what it cannot. */
import chalk from 'chalk'
import { rowsUpTo } from '../chapter.ts'
import type { Input } from '../command-line.ts'
import { demandsOf, diagnose, type CapabilityVerdict } from '../tools/doctor/diagnosis.ts'
import type { ChapterVerdict, Diagnosis } from '../tools/doctor/diagnosis.ts'
import { probe } from '../tools/doctor/probe.ts'
import { asJson, printable } from './print.ts'

/** The exit code is 0 if each chapter works in full, otherwise 1. */
export async function doctor({ runtime, values }: Input): Promise<number> {
  const rows = await rowsUpTo(runtime.chapters, Infinity)
  const diagnosis = diagnose(await probe(runtime.root, rows), await demandsOf(rows))
  process.stdout.write(values.has('format') ? asJson(diagnosis) : render(diagnosis))
  return diagnosis.ok ? 0 : 1
}

const width = 80

/** The diagnosis as text. Each reason is shown once, where it first applies. */
export function render(diagnosis: Diagnosis): string {
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
  return [` ${chalk.bold(title)}`, ...lines].join('\n')
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
  return lines.map((line) => chalk.dim(` ${cut(line, width - 1)}`)).join('\n')
}

const marks = { yes: '✓', part: '~', no: '✗', unknown: '?' }

function capabilityLines(capability: CapabilityVerdict, before: Set<string>): string[] {
  const { name, state, found, why, remedy } = capability
  const color = state === 'yes' ? chalk.green : state === 'no' ? chalk.red : chalk.yellow
  const seen = cut(printable(found), width - 24)
  const shown = state === 'yes' ? chalk.dim(seen) : seen
  const line = `   ${color(marks[state])} ${name.padEnd(18)} ${shown}`
  const reason = why === undefined || before.has(why) ? [] : wrapped(why, width - 7)
  const help = remedy === undefined || before.has(remedy) ? [] : [chalk.cyan(`→ ${remedy}`)]
  for (const text of [why, remedy]) if (text !== undefined) before.add(text)
  return [line, ...[...reason, ...help].map((text) => `       ${text}`)]
}

function chapterLine(chapter: ChapterVerdict, capabilities: CapabilityVerdict[]): string {
  const { number, slug, state, stops } = chapter
  const [mark, color] = looks[state]
  const names = firstCauses(chapter, capabilities)
  const all = names.length > 3 ? [...names.slice(0, 3), `${names.length - 3} more`] : names
  const words = state === 'part' ? 'without' : 'lacks'
  const lacks = all.length > 0 ? `${words} ${all.join(', ')}` : ''
  const why = cut(stops ? `its list stops at ${stops}` : lacks, width - 28)
  return `   ${color(mark)} ${number} ${slug.padEnd(14)} ${color(state)}  ${why}`.trimEnd()
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

function summary({ ok, chapters }: Diagnosis): string {
  const full = chapters.filter(({ state }) => state === 'full').length
  if (ok) return ` ${chalk.green('All chapters work in full.')}`
  const rest = full === 0 ? '\n stepbox plan, stepbox replay and the texts work anywhere.' : ''
  return ` ${full} of ${chapters.length} chapters work in full.${rest}`
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`
}

function wrapped(text: string, length: number): string[] {
  const lines = ['']
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? ''
    if (last !== '' && last.length + 1 + word.length > length) lines.push(word)
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`
  }
  return lines
}
