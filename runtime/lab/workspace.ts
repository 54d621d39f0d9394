/** A learner's workspace: a plain folder with the runtime in it, as far as the chapter has come. */
import { createHash } from 'node:crypto'
import { chownSync, existsSync, lchownSync, mkdirSync, readdirSync, renameSync } from 'node:fs'
import { rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { Chapter } from '../chapter.ts'
import { checkout } from '../checkout.ts'
import { readRegular } from '../files.ts'
import type { Language } from '../sentence.ts'
import type { Answers } from './bundle.ts'
import { answerFilesOf, filesOf, starterOf } from './course.ts'
import { sourceOf } from './sources.ts'
import { freshState, readState, writeState, type LabState } from './state.ts'

export interface Workspace {
  dir: string
  /** As it was when the workspace was found. */
  state: LabState
}

export interface Making {
  /** A directory that does not exist yet. */
  dir: string
  language: Language
  /** The text of README.md. */
  readme: string
  /** The learner's own answers to earlier chapters, by path. */
  earlier?: Answers
}

/**
 * Make a workspace for the last of `rows`. It is made beside its place and renamed, so that there
 * is a whole one or none.
 */
export async function makeWorkspace(
  rows: Chapter[],
  { dir, language, readme, earlier = {} }: Making,
): Promise<Workspace> {
  const chapter = rows.at(-1)
  const lab = await chapter?.lab?.()
  if (!chapter || !lab) throw new Error(`chapter ${chapter?.number} has no lab`)
  const starter = await starterOf(lab)
  const staged = join(dirname(resolve(dir)), `.${basename(dir)}.${process.pid}.new`)
  const put = (path: string, text: string) => {
    mkdirSync(dirname(join(staged, path)), { recursive: true })
    writeFileSync(join(staged, path), text)
  }
  try {
    for (const path of await filesOf(rows))
      put(path, starter[path] ?? earlier[path] ?? sourceOf(path))
    for (const [path, text] of Object.entries(starter)) put(starterPath(path), text)
    put('README.md', readme)
    put('package.json', `${JSON.stringify(packageFile, null, 2)}\n`)
    put('tsconfig.json', `${JSON.stringify(tsconfig, null, 2)}\n`)
    linkPrograms(staged)
    const state = freshState(chapter.number, language)
    writeState(staged, state)
    giveToOwnerOf(dirname(staged), staged)
    renameSync(staged, dir)
    return { dir: resolve(dir), state }
  } catch (error) {
    rmSync(staged, { recursive: true, force: true })
    throw error
  }
}

/** Where a workspace keeps an answer file as it was given, for `diff` and `reset`. */
function starterPath(path: string): string {
  return join('.stepbox/starter', path)
}

const packageFile = { type: 'module', private: true, scripts: { check: 'tsc' } }

/** Strict, like the reference, but for what a half-written file has. */
const tsconfig = {
  compilerOptions: {
    ...{ target: 'ES2022', lib: ['ES2023', 'DOM'] },
    ...{ module: 'NodeNext', moduleResolution: 'NodeNext' },
    ...{ types: ['node'], strict: true, noUncheckedIndexedAccess: true, noEmit: true },
    ...{ exactOptionalPropertyTypes: true, verbatimModuleSyntax: true, isolatedModules: true },
    ...{ allowImportingTsExtensions: true, resolveJsonModule: true, skipLibCheck: true },
  },
  include: ['chapters', 'runtime'],
}

/** With these, `npx stepbox`, `npx tsc` and the types of Node are there, without a network. */
function linkPrograms(dir: string): void {
  const bin = join(dir, 'node_modules/.bin')
  mkdirSync(bin, { recursive: true })
  symlinkSync(join(checkout, 'dist/stepbox.cjs'), join(bin, 'stepbox'))
  const modules = join(checkout, 'node_modules')
  symlinkSync(join(modules, 'typescript/bin/tsc'), join(bin, 'tsc'))
  symlinkSync(join(modules, '@types'), join(dir, 'node_modules/@types'))
}

/** With sudo, the files are for the user in whose directory they are. */
function giveToOwnerOf(parent: string, path: string): void {
  if (process.geteuid?.() !== 0) return
  const { uid, gid } = statSync(parent)
  for (const name of namesBelow(path)) lchownSync(join(path, name), uid, gid)
  chownSync(path, uid, gid)
}

/** The workspace that `dir` lies in; undefined if it lies in none. Throws UnusableState. */
export function findWorkspace(dir: string): Workspace | undefined {
  const full = resolve(dir)
  const state = readState(full)
  if (state) return { dir: full, state }
  return dirname(full) === full ? undefined : findWorkspace(dirname(full))
}

/** The learner's answer files for the chapters of `rows`, by path. */
export async function answersIn(
  { dir }: Pick<Workspace, 'dir'>,
  rows: Chapter[],
): Promise<Answers> {
  const labs = await Promise.all(rows.map((row) => row.lab?.()))
  return filesAmong(dir, labs.flatMap((lab) => (lab ? answerFilesOf(lab) : [])))
}

/** The answer files of one chapter as they were given. */
export async function starterIn({ dir }: Workspace, chapter: Chapter): Promise<Answers> {
  const lab = await chapter.lab?.()
  const paths = lab ? answerFilesOf(lab) : []
  return filesAmong(join(dir, '.stepbox/starter'), paths)
}

/** All that is written in a workspace: its modules, by path. */
export function modulesIn({ dir }: Workspace): Answers {
  const tops = ['chapters', 'runtime'].filter((top) => existsSync(join(dir, top)))
  const paths = tops.flatMap((top) => namesBelow(join(dir, top)).map((each) => join(top, each)))
  return filesAmong(dir, paths.filter((path) => /\.(ts|json)$/.test(path)))
}

function namesBelow(path: string): string[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
}

/** Files that are no answers, and differ from the reference: no check looks at them. */
export async function otherChanges(workspace: Workspace, rows: Chapter[]): Promise<string[]> {
  const answers = await answersIn(workspace, rows)
  const others = (await filesOf(rows)).filter((path) => !Object.hasOwn(answers, path))
  const found = filesAmong(workspace.dir, others)
  return others.filter((path) => path in found && found[path] !== sourceOf(path))
}

function filesAmong(dir: string, paths: string[]): Answers {
  const found = paths.flatMap((path) => {
    const text = readRegular(join(dir, path))
    return text === undefined ? [] : [[path, text] as const]
  })
  return Object.fromEntries(found)
}

/** Names what answers say: the same files, the same hash. */
export function hashOf(answers: Answers): string {
  const entries = Object.entries(answers).sort(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256').update(JSON.stringify(entries)).digest('hex').slice(0, 16)
}
