/** Finds submissions: each directory that is named, or each one in a single directory. */
import { createHash } from 'node:crypto'
import { closeSync, lstatSync, realpathSync, type PathLike } from 'node:fs'
import { basename } from 'node:path'
import { errnoIn } from '../../files.ts'
import { inOpened, openDirectory } from '../../opened.ts'
import { printable } from '../../printable.ts'
import { sentence } from '../../sentence.ts'
import type { Answers } from '../bundle.ts'
import { hasSome, namesBelow, readAnswers, type FoundAnswers } from './read-answers.ts'

/** The file by which a folder of grades is known. */
export const gradesMark = '.stepbox-grades'

/** A submission as it was handed in. It is in memory from then on: nobody can change it. */
export interface HandedIn extends FoundAnswers {
  /** Unique, and printable. */
  name: string
  /** SHA-256 over the answers. */
  digest: string
}

export interface FoundSubmissions {
  submissions: HandedIn[]
  /** What lies beside them, and is none: archives, lists. */
  others: string[]
  /** One directory held them all. */
  areInside: boolean
}

/**
 * The submissions of `dirs`, by name. Of several, each is one. A single one holds many, unless
 * there is an answer file in it, or no directory; with `isEach`, it is one as well.
 */
export function findSubmissions(
  dirs: string[],
  paths: string[],
  isEach = false,
): FoundSubmissions {
  const tops = dirs.map((dir) => ({ name: basename(realpathSync(dir)), dir: realpathSync(dir) }))
  const [only] = tops.length === 1 && !isEach ? tops : []
  const holder = openDirectory(only?.dir ?? '/')
  try {
    const inside = only ? insideOf(holder, paths) : undefined
    const found = inside?.tops ?? tops.map(({ name, dir }) => ({ name, path: dir }))
    const names = new Set<string>()
    const submissions = found.map(({ name, path }) => ({
      name: uniqueName(name, names),
      ...submissionAt(path, paths),
    }))
    const byName = submissions.sort((a, b) => (a.name < b.name ? -1 : 1))
    return { submissions: byName, others: inside?.others ?? [], areInside: inside !== undefined }
  } finally {
    closeSync(holder)
  }
}

/** The directories in `holder`, if each is to be a submission. */
function insideOf(holder: number, paths: string[]) {
  if (isSubmission(holder, paths)) return undefined
  const { directories, others } = namesBelow(holder)
  const tops = directories
    .map((name) => ({ name, path: inOpened(holder, name) }))
    .filter(({ path }) => !isOurs(path))
  return tops.length > 0 ? { tops, others } : undefined
}

function isSubmission(top: number, paths: string[]): boolean {
  return hasSome(readAnswers(top, [...paths, stateFile]))
}

/** A folder of grades, which may lie among the submissions. */
function isOurs(path: PathLike): boolean {
  try {
    return withOpened(path, (top) => lstatSync(inOpened(top, gradesMark)).isFile())
  } catch {
    return false // ignoring: it has none, or cannot be opened
  }
}

/** What cannot be opened is a submission without answers: it does not keep others from theirs. */
function submissionAt(path: PathLike, paths: string[]): Omit<HandedIn, 'name'> {
  let found: FoundAnswers
  try {
    found = withOpened(path, (top) => readThere(top, paths))
  } catch (error) {
    const why = sentence('it cannot be read: {errno}', { errno: errnoIn(error) ?? 'EIO' })
    const files = paths.map((each) => ({ path: each, state: 'refused' as const, why }))
    found = { answers: {}, files }
  }
  return { ...found, digest: digestOf(found.answers) }
}

/** The answers in `top`, or, if none is there, in the one directory below that has some. */
function readThere(top: number, paths: string[]): FoundAnswers {
  const found = readAnswers(top, paths)
  if (hasSome(found)) return found
  const all = namesBelow(top)
    .directories.slice(0, mostBelow)
    .map((name) => withOpened(inOpened(top, name), (fd) => readAnswers(fd, paths)))
  const some = all.filter(hasSome)
  return (some.length === 1 ? some[0] : undefined) ?? found
}

/** An archive, unpacked, has one directory, and perhaps a few that its packer added. */
const mostBelow = 20

function withOpened<T>(path: PathLike, use: (fd: number) => T): T {
  const fd = openDirectory(path)
  try {
    return use(fd)
  } finally {
    closeSync(fd)
  }
}

function digestOf(answers: Answers): string {
  const sorted = Object.entries(answers).sort(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex')
}

/** A directory's name may have bytes that are no text, or that a terminal acts on. */
function uniqueName(name: string, taken: Set<string>): string {
  const shown = printable(name)
  let unique = shown
  for (let n = 2; taken.has(unique); n++) unique = `${shown} (${n})`
  taken.add(unique)
  return unique
}

const stateFile = '.stepbox/lab.json'

/** The chapters that the workspaces among the submissions say they are for. */
export function chaptersNamedIn(dirs: string[]): Set<number> {
  const { submissions } = findSubmissions(dirs, [stateFile])
  return new Set(submissions.flatMap(({ answers }) => chapterIn(answers[stateFile] ?? '') ?? []))
}

/** A learner can write anything there, such as the number of an easier chapter. */
function chapterIn(text: string): number | undefined {
  try {
    const { chapter } = JSON.parse(text) as { chapter?: unknown }
    return Number.isInteger(chapter) ? Number(chapter) : undefined
  } catch {
    return undefined // ignoring: it is no workspace
  }
}
