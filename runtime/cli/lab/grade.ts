/** `lab grade`: grade many submissions, unattended. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rowsUpTo, type Chapter } from '../../chapter.ts'
import type { ChapterLab } from '../../chapter-lab.ts'
import { UsageError, valueOf, type Answer, type Input } from '../../command-line.ts'
import { answerFilesOf, starterOf } from '../../lab/course.ts'
import { formatNames, isForEach } from '../../lab/grade/export/exports.ts'
import { gradeExitCode, type Grade } from '../../lab/grade/format.ts'
import { gradeAll, type GradeProgress } from '../../lab/grade/grade.ts'
import { exportedTo, putGrades, type ExportWish } from '../../lab/grade/put-grades.ts'
import { hasSome } from '../../lab/grade/read-answers.ts'
import { gradeSpeaker, othersLine, reportLines } from '../../lab/grade/report.ts'
import { openGrades, type Grades } from '../../lab/grade/results.ts'
import { chaptersNamedIn, findSubmissions } from '../../lab/grade/submissions.ts'
import type { FoundSubmissions } from '../../lab/grade/submissions.ts'
import type { Speak } from '../../sentence.ts'
import { writeOutput } from '../output.ts'
import { languageIn } from './common.ts'
import { collect, emitJob } from './grade-job.ts'
import { work } from './grade-worker.ts'
import { workInside, insideVariable } from './grade-inside.ts'
import { gradingPlace, worker, workersFor } from './grade-place.ts'

export async function labGrade(input: Input): Promise<Answer | number> {
  const { words, values, warn, progress, switches } = input
  if (values.has('collect')) return await collectHere(input)
  if (words.length === 0) throw new UsageError('grade what? one folder that holds many, or several')
  const seconds = numberIn(input, 'timeout') ?? usualSeconds
  if (values.has('emit'))
    return emitJob(input, (await labOf(await rowsFor(input))).chapter.number, seconds)
  if (words.length === 1 && words[0] === '-')
    return process.env[insideVariable] ? await workInside(input, worker) : await work(input)
  const rows = await rowsFor(input)
  const { chapter, lab } = await labOf(rows)
  const found = findSubmissions(words, answerFilesOf(lab), switches.has('each'))
  checkFound(found, words)
  const wishes = exportsIn(input, found)
  const milliseconds = seconds * 1000
  const language = languageIn(input)
  const say = await gradeSpeaker(rows, language)
  const place = gradingPlace(input, say)
  const grades = openGrades(valueOf(input, 'out') ?? folderFor(chapter))
  if (found.others.length > 0) warn(othersLine(found, say))
  const signal = stopSignal()
  const { workers, jobs } = await workersFor(input, place, {
    chapter: chapter.number,
    jobs: numberIn(input, 'jobs'),
  })
  const grade = await gradeAll({
    ...{ chapter, lab, grades, workers, language, say, jobs, milliseconds, signal },
    submissions: found.submissions,
    starter: await starterOf(lab),
    isAgain: switches.has('again'),
    onProgress: (each) => progress(progressText(each)),
  })
    .catch((error: Error) => {
      if (!signal.aborted) throw error
      warn(error.message)
    })
    .finally(() => workers.close())
  if (!grade) return interrupted
  return finish(grade, { grades, say, wishes })
}

/** Write the overview and the exports, and say what came of it. */
function finish(grade: Grade, { grades, say, wishes }: Ending): Answer | number {
  putGrades(grades, grade, say)
  for (const wish of wishes)
    for (const [file, text] of exportedTo(wish, grade, process.env))
      if (file === '-') writeOutput(text)
      else if (wish.file === undefined) grades.put(file, text)
      else writeFileSync(file, text)
  const code = gradeExitCode(grade.submissions)
  if (wishes.some(({ file }) => file === '-')) return code
  const page = join(grades.dir, 'summary.html')
  return { json: grade, lines: [...reportLines(grade, say), page], code }
}

/** As a shell says of a program that Ctrl-C ended (SIGINT). */
const interrupted = 128 + 2

interface Ending {
  grades: Grades
  say: Speak
  wishes: ExportWish[]
}

/** Ten times what a correct submission takes on two slow processors. */
const usualSeconds = 120

/** Given when a user or the system ends the program: what runs is ended first. */
function stopSignal(): AbortSignal {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => stop.abort())
  return stop.signal
}

function folderFor({ number, slug }: Chapter): string {
  return `grades-${String(number).padStart(2, '0')}-${slug}`
}

/** Merge what many machines have graded. Without --out, the result is in its folder `class`. */
async function collectHere(input: Input): Promise<Answer | number> {
  const dir = valueOf(input, 'collect') ?? ''
  if (input.words.length > 0) throw new UsageError('--collect DIR stands alone')
  const out = valueOf(input, 'out') ?? join(dir, 'class')
  const { grade } = collect(input, dir, out)
  const say = await gradeSpeaker(input.runtime.rows, grade.language)
  return finish(grade, { grades: openGrades(out), say, wishes: exportsIn(input, grade) })
}

/** The rows up to the chapter that was named; else, to that of the workspaces. */
async function rowsFor({ runtime, values, words }: Input): Promise<Chapter[]> {
  const { rows, chapters } = runtime
  if (values.has('chapter') || rows.length < chapters.length) return rows
  const [first, ...others] = chaptersNamedIn(words)
  const isOne = others.length === 0 && chapters.some(({ number }) => number === first)
  if (first === undefined || !isOne)
    throw new UsageError('which chapter is to be graded? --chapter N says it')
  return await rowsUpTo(chapters, first)
}

async function labOf(rows: Chapter[]): Promise<{ chapter: Chapter; lab: ChapterLab }> {
  const chapter = rows.at(-1)
  const lab = await chapter?.lab?.()
  if (chapter && lab) return { chapter, lab }
  throw new UsageError(`chapter ${chapter?.number} has no lab to grade`)
}

/** A folder of which nothing is a submission is the wrong folder. */
function checkFound({ submissions, areInside }: FoundSubmissions, [dir]: string[]): void {
  const [first] = submissions
  if (!areInside || !first || submissions.some(hasSome)) return
  const paths = first.files.map(({ path }) => path).join(', ')
  throw new UsageError(`no directory in ${dir} has an answer file: ${paths}`)
}

/** `--export junit,csv --export gradescope=FILE`. */
function exportsIn({ values }: Input, { submissions }: { submissions: unknown[] }): ExportWish[] {
  const words = (values.get('export') ?? []).flatMap((each) => each.split(','))
  return words.map((word) => {
    const [format = '', ...rest] = word.split('=')
    const file = rest.length > 0 ? rest.join('=') : undefined
    if (!formatNames.includes(format))
      throw new UsageError(`no export '${format}'; have: ${formatNames.join(', ')}`)
    if (file === '') throw new UsageError(`--export ${word} names no file`)
    if (file !== undefined && isForEach(format) && submissions.length > 1)
      throw new UsageError(`${format} has a file for each submission: --export ${format}`)
    return { format, ...(file === undefined ? {} : { file }) }
  })
}

function numberIn(input: Input, flag: string): number | undefined {
  const word = valueOf(input, flag)
  if (word === undefined) return undefined
  if (/^[1-9]\d{0,5}$/.test(word)) return Number(word)
  throw new UsageError(`invalid --${flag} '${word}': a number from 1 on`)
}

const barWidth = 20

/** `[######··············] 18/60  bob 7/10`, or `carol: 3 of 9 tests` while it is judged. */
function progressText({ done, count, last, now }: GradeProgress): string {
  const full = count === 0 ? barWidth : Math.floor((done / count) * barWidth)
  const bar = '#'.repeat(full) + '·'.repeat(barWidth - full)
  const words = last ? `${last.name} ${last.score}/${last.max}` : ''
  const sofar = now ? `${now.name}: ${now.tests} of ${now.of} tests` : words
  return `[${bar}] ${done}/${count}${sofar && `  ${sofar}`}`
}
