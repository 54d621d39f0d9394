/** The chapters as the live book uses them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { languages } from '../languages.ts'
import { root } from '../links.ts'
import { commandsIn } from '../sessions.ts'

/** The folder of each chapter, by its number. */
function folders(): Map<number, string> {
  const names = readdirSync(join(root, 'chapters')).filter((name) => /^\d\d-/.test(name))
  return new Map(names.map((name) => [parseInt(name), name]))
}

export function chapterNumbers(): number[] {
  return [...folders().keys()].sort((one, other) => one - other)
}

/** The folder of a chapter, from the checkout. */
export function folderOf(chapter: number): string {
  return `chapters/${folders().get(chapter)}`
}

/** The commands of each console session of a chapter's text, as they stand in it now. */
export function sessionsOf(chapter: number): string[][] {
  return commandsIn(readFileSync(join(root, folderOf(chapter), languages[0].text), 'utf8'))
}
