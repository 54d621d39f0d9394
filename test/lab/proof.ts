/** Tests. What the course's checks say of programs that are known to be right or wrong. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { chapters } from '../../chapters/table.ts'
import { rowsUpTo, type Chapter, type ChapterEntry } from '../../runtime/chapter.ts'
import type { ChapterLab } from '../../runtime/chapter-lab.ts'
import { parse } from '../../runtime/cli/args.ts'
import { commandsOf } from '../../runtime/cli/words.ts'
import { blanked, patched } from '../../runtime/lab/blank.ts'
import type { Answers } from '../../runtime/lab/bundle.ts'
import type { Subject } from '../../runtime/lab/bench.ts'
import { answerFilesOf, folderOf, planFileOf, starterOf } from '../../runtime/lab/course.ts'
import { labCatalogue, plainFailure } from '../../runtime/lab/failure-text.ts'
import { judge, type Verdict } from '../../runtime/lab/judge.ts'
import { sourceOf } from '../../runtime/lab/sources.ts'
import { learnersSubject, type Workshop } from '../../runtime/lab/subject.ts'
import { speaker, type Language } from '../../runtime/sentence.ts'

const checkout = join(import.meta.dirname, '../..')

/** A chapter with a lab, and what judging in it needs. */
export interface Course {
  rows: Chapter[]
  chapter: Chapter
  lab: ChapterLab
  workshop: Workshop
}

/** The chapters that have a lab: as far as files on the disk say, without loading a row. */
export const taught: ChapterEntry[] = chapters.filter((each) =>
  existsSync(join(checkout, folderOf(each), 'lab/lab.ts')),
)

/** `layers` are those of busybox, unpacked; `root` is a data root for what is made on the way. */
export async function courseOf(
  { number }: ChapterEntry,
  { root, layers }: Pick<Workshop, 'root' | 'layers'>,
): Promise<Course> {
  const rows = await rowsUpTo(chapters, number)
  const chapter = rows.at(-1) as Chapter
  const lab = await chapter.lab?.()
  if (!lab) throw new Error(`the row of chapter ${number} does not name its lab`)
  const flags = commandsOf(rows).find(({ name }) => name === 'run')?.flags ?? []
  const workshop = { rows, root, layers, parse: (words: string[]) => parse(words, flags, true) }
  return { rows, chapter, lab, workshop }
}

/** The verdicts of the checks `only`, or of all, in that order, on a program with these answers. */
export async function verdictsOn(
  course: Course,
  answers: Answers,
  only?: string[],
): Promise<Verdict[]> {
  const subject = learnersSubject(course.workshop, answers)
  try {
    return await judged(course, subject, only)
  } finally {
    await subject.close()
  }
}

/** The same for the list of the chapter before, or for a bare command before the first. */
export async function verdictsBefore(course: Course): Promise<Verdict[]> {
  const before = course.rows.at(-2)
  const file = before ? planFileOf(before) : 'chapters/bare.ts'
  const answers = await starterOf(course.lab)
  const more: Answers = before ? {} : { [file]: bareHost }
  const subject = learnersSubject(course.workshop, { ...answers, ...more })
  const start: Subject['start'] = ({ list = { file, symbol: 'plan' }, ...asked }) =>
    subject.start({ ...asked, list })
  try {
    return await judged(course, { ...subject, start })
  } finally {
    await subject.close()
  }
}

const bareHost = `export function plan({ argv, env }: { argv: string[]; env: string[] }) {
  return [
    { chapter: 0, call: ['fork'], why: '' },
    { chapter: 0, call: ['execvpe', argv[0], argv, env], why: '' },
  ]
}
`

async function judged({ chapter, lab }: Course, subject: Subject, only?: string[]) {
  const checks = only ? only.map((id) => checkNamed(lab, id)) : lab.checks
  const verdicts: Verdict[] = []
  const judging = { chapter, lab: { ...lab, checks }, subject, lacking: new Map<string, string>() }
  for await (const verdict of judge(judging)) verdicts.push(verdict)
  return verdicts
}

function checkNamed({ checks }: ChapterLab, id: string) {
  const found = checks.find((check) => check.id === id)
  if (!found) throw new Error(`no check ${id}; have: ${checks.map((each) => each.id).join(', ')}`)
  return found
}

/** A program that is known to be wrong, or right although it differs from ours. */
export interface Sample {
  name: string
  /** Of the file, in the checkout. */
  path: string
  /** What a learner would have written. */
  source: string
  /** The check that must fail; undefined for one that is right. */
  finds: string | undefined
}

export function samplesOf(entry: ChapterEntry, kind: 'wrong' | 'right'): Sample[] {
  const folder = `${folderOf(entry)}/lab/${kind}`
  if (!existsSync(join(checkout, folder))) return []
  const names = readdirSync(join(checkout, folder)).filter((name) => name.endsWith('.ts'))
  return names.sort().map((name) => {
    const path = `${folder}/${name}`
    const source = readFileSync(join(checkout, path), 'utf8')
    const finds = /^\/\/ finds ([\w-]+)/.exec(source)?.[1]
    return { name: name.replace(/\.ts$/, ''), path, source, finds }
  })
}

/** The solution, with the declarations of a sample in place of its own. */
export async function answersWith(lab: ChapterLab, { source }: Sample): Promise<Answers> {
  const answers: Answers = {}
  const names = namesIn(source)
  const files = answerFilesOf(lab).map((path) => ({ path, own: namesIn(sourceOf(path)) }))
  for (const { path, own } of files) {
    if (!names.some((name) => own.includes(name))) continue
    const others = files.filter((each) => each.path !== path).flatMap((each) => each.own)
    const drop = names.filter((name) => !own.includes(name) && others.includes(name))
    answers[path] = await patched(sourceOf(path), await blanked(source, { blank: [], drop }))
  }
  if (Object.keys(answers).length > 0) return answers
  throw new Error('it replaces no function of the answer files')
}

/** The functions and constants that it declares. */
function namesIn(source: string): string[] {
  const found = source.matchAll(/^(?:export )?(?:async )?(?:function\*?|const) (\w+)/gm)
  return [...found].map(([, name = '']) => name)
}

/** A failure as a learner reads it, with holes for numbers and words that vary. */
export function golden(verdict: Verdict, { lab }: Course, language: Language): string {
  const say = speaker(language, [labCatalogue, lab.zh])
  return plainFailure(verdict, (said) => say({ ...said, values: withHoles(said.values) }))
}

const varying = /[0-9a-f]{12}|\/tmp\/|\/sys\/fs\/cgroup|(shared|master):\d/

function withHoles(values: Record<string, string | number>): Record<string, string | number> {
  const entries = Object.entries(values).map(([name, value]) => {
    const varies = typeof value === 'number' || varying.test(value)
    return [name, varies ? `{${name}}` : value] as const
  })
  return Object.fromEntries(entries)
}

/** The golden file of a sample. */
export function goldenPath({ path }: Sample, language: Language): string {
  return join(checkout, path.replace(/\.ts$/, `.${language}.txt`))
}
