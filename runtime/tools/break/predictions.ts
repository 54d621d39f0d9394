/** Which exercises of `break` were predicted: a file of the data root, for going on another day. */
import { join } from 'node:path'
import type { Chapter } from '../../chapter.ts'
import { makePlace } from '../../data-root.ts'
import { writeAside } from '../../durable.ts'
import { readRegular } from '../../files.ts'
import type { Lesson } from './lessons.ts'

/** By `CHAPTER LINE`; a line that is not in it was never asked for. */
type Answers = Record<string, 'right' | 'wrong'>

/** Where it is kept: JSON that can be read, and edited, by people. */
export function predictionsFile(root: string): string {
  return join(root, 'break.json')
}

/** Read it; nothing was predicted if there is none. Throws if it is damaged. */
export function readPredictions(root: string): Answers {
  const path = predictionsFile(root)
  const text = readRegular(path)
  if (text === undefined) return {}
  const { version, answers } = parsed(text)
  const isWhole = version === 1 && typeof answers === 'object' && answers !== null
  if (!isWhole) throw new Error(`${path} is not what break writes: move it away to begin anew`)
  return answers as Answers
}

function parsed(text: string): { version?: unknown; answers?: unknown } {
  try {
    return (JSON.parse(text) ?? {}) as object
  } catch {
    return {} // ignoring why: its reader says that it is damaged
  }
}

/** Write down an answer. The file is replaced as a whole, so that it survives kill -9. */
export function keepPrediction(root: string, lesson: Lesson, isRight: boolean): void {
  const answers = { ...readPredictions(root), [keyOf(lesson)]: isRight ? 'right' : 'wrong' }
  const text = `${JSON.stringify({ version: 1, answers }, null, 1)}\n`
  writeAside(makePlace(root, 'tmp'), predictionsFile(root), text)
}

/** Whether it was predicted rightly the last time that it was asked for. */
export function isPredicted(answers: Answers, lesson: Lesson): boolean {
  return answers[keyOf(lesson)] === 'right'
}

function keyOf(lesson: Lesson): string {
  return `${chapterOf(lesson)?.number} ${lesson.title}`
}

/** The chapter whose list a lesson is about. */
export function chapterOf({ rows }: Lesson): Chapter | undefined {
  return rows.at(-1)
}
