/** The four answers to a question of `break`, and what was typed as one of them. */
import type { Lesson } from './lessons.ts'

/** An answer, and the exercise of which it is true. */
export interface Choice {
  letter: string
  consequence: string
  of: Lesson
}

const letters = 'abcd'

/** The truth among consequences of other lines; always in the same order for the same line. */
export function choicesFor(lesson: Lesson, lessons: Lesson[]): Choice[] {
  const { consequence } = lesson.row
  const others = lessons.filter(({ row }) => row.consequence !== consequence)
  const start = [...consequence].reduce((sum, each) => sum + (each.codePointAt(0) ?? 0), 0)
  const wanted = Math.min(letters.length - 1, new Set(others.map(textOf)).size)
  const picked = new Map<string, Lesson>()
  for (let at = 0; picked.size < wanted; at++) {
    const other = others[(start + at * 7 + Math.floor(at / others.length)) % others.length]
    if (other && !picked.has(textOf(other))) picked.set(textOf(other), other)
  }
  const choices = [...picked.values()]
  choices.splice(start % (choices.length + 1), 0, lesson)
  return choices.map((of, at) => ({ letter: letters[at] ?? '', consequence: textOf(of), of }))
}

function textOf({ row }: Lesson): string {
  return row.consequence
}

/** The choice of a letter, in upper case too, or of a number from 1; undefined for other words. */
export function choiceOf(typed: string, choices: Choice[]): Choice | undefined {
  const word = typed.trim().toLowerCase()
  return choices.find(({ letter }, at) => word === letter || word === String(at + 1))
}
