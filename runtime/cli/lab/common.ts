/** What the lab's commands have in common: the workspace, the language, how commands are typed. */
import { existsSync } from 'node:fs'
import { relative } from 'node:path'
import { rowsUpTo, type Chapter } from '../../chapter.ts'
import type { ChapterLab, Exercise } from '../../chapter-lab.ts'
import { UsageError, valueOf, type Input } from '../../command-line.ts'
import { UnusableState } from '../../lab/state.ts'
import { findWorkspace, type Workspace } from '../../lab/workspace.ts'
import { sentence, speaker, type Language, type Speak } from '../../sentence.ts'
import { labCatalogue } from '../../lab/failure-text.ts'
import { nearest } from '../../nearest.ts'
import { languageFor } from '../voice.ts'
import { lastUsed, rememberLast } from './last.ts'
import { typedIn } from './typing.ts'
import zh from './zh.json' with { type: 'json' }

/** The language that was asked for. Throws if it is none of ours. */
export function languageIn(input: Input): Language {
  return languageFor(valueOf(input, 'lang'))
}

/** Speaks the words of the lab's commands, and those of the labs of `rows`. */
export async function speakerFor(input: Input, rows: Chapter[] = []): Promise<Speak> {
  const found = await Promise.all(rows.map((row) => row.lab?.()))
  const catalogues = found.flatMap((lab) => (lab ? [lab.zh] : []))
  return speaker(languageIn(input), [...catalogues, zh, labCatalogue])
}

/** All that a command of the lab knows of where it is. */
export interface LabScene {
  input: Input
  workspace: Workspace
  /** The rows up to the chapter that it is about. */
  rows: Chapter[]
  chapter: Chapter
  lab: ChapterLab
  say: Speak
  /** How `stepbox lab` is typed here. */
  typed: string
}

/** The scene at the workspace, and at its chapter or at `number`. Throws if there is none. */
export async function labSceneOf(input: Input, number?: string): Promise<LabScene> {
  const workspace = await workspaceOf(input)
  const { chapter: last } = workspace.state
  const wanted = Number(number ?? last)
  const rows = await rowsUpTo(input.runtime.chapters, wanted)
  const say = await speakerFor(input, rows)
  const chapter = rows.at(-1)
  const lab = await chapter?.lab?.()
  if (!chapter || chapter.number !== wanted || wanted > last || !lab) {
    const values = { number: number ?? last, last }
    throw new UsageError(say(sentence("no chapter '{number}' here; have: 1 to {last}", values)))
  }
  rememberLast(input.runtime.root, workspace.dir)
  const typed = `${typedIn(process.cwd())} lab${elsewhere(input, workspace)}`
  return { input, workspace, rows, chapter, lab, say, typed }
}

/** The workspace that was named, or around the working directory, or used last. */
async function workspaceOf(input: Input): Promise<Workspace> {
  const say = await speakerFor(input)
  const named = valueOf(input, 'lab') ?? (process.env['STEPBOX_LAB'] || undefined)
  try {
    if (named !== undefined) {
      const found = findWorkspace(named)
      if (found) return found
      throw new UsageError(say(sentence("no workspace in '{dir}'", { dir: named })))
    }
    const last = lastUsed(input.runtime.root)
    const found = findWorkspace(process.cwd()) ?? (last && existsSync(last) && findWorkspace(last))
    if (found) return found
  } catch (error) {
    throw error instanceof UnusableState ? new Error(say(unusable(error))) : error
  }
  const values = { typed: typedIn(process.cwd()) }
  const words = sentence('no workspace here; to make one: {typed} lab start 1', values)
  throw new UsageError(say(words))
}

function unusable({ path, version }: UnusableState) {
  return version === undefined
    ? sentence('{path} is damaged: move it away and begin anew, your answers stay', { path })
    : sentence('{path} was written by another version of Stepbox', { path })
}

/** Repeats `--lab` where the workspace would not be found without it. */
function elsewhere({ runtime }: Input, { dir }: Workspace): string {
  const found = findWorkspace(process.cwd())?.dir ?? lastUsed(runtime.root)
  return found === dir ? '' : ` --lab ${pathHere(dir)}`
}

/** A path as it is typed in the working directory. */
export function pathHere(path: string): string {
  const below = relative(process.cwd(), path)
  return below.startsWith('..') ? path : below || '.'
}

/** The exercise with this id. Throws with the ones that there are. */
export function exerciseNamed({ lab, say }: Pick<LabScene, 'lab' | 'say'>, id: string): Exercise {
  const found = lab.exercises.find((each) => each.id === id)
  if (found) return found
  const have = lab.exercises.map((each) => each.id)
  const meant = nearest(id, have)
  const hint = meant ?? have.join(', ')
  throw new UsageError(say(sentence("no exercise '{id}'; have: {hint}", { id, hint })))
}

/** What is typed, and what it does. */
export function commandLines(pairs: [command: string, text: string][]): string[] {
  const width = Math.max(...pairs.map(([command]) => command.length))
  return pairs.map(([command, text]) => `  ${command.padEnd(width)}   ${text}`)
}
