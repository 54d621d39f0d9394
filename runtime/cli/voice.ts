/** The language in which the program speaks: decided once; whatever prints for people asks here. */
import type { Chapter } from '../chapter.ts'
import { UsageError } from '../command-line.ts'
import { languageOf, type Language } from '../sentence.ts'
import type { Translate } from './translator.ts'

let translate: Translate | undefined

/** A finished English text in the language that was decided on; in English until then. */
export function say(english: string): string {
  return translate ? translate(english) : english
}

/** A text with holes, `{n}`, and their values: where the finished one has too few words. */
export function tell(english: string, values: Record<string, string | number>): string {
  return say(english).replaceAll(/\{(\w+)\}/g, (hole, name: string) => `${values[name] ?? hole}`)
}

/** The language of `--lang`, or of the environment. Throws UsageError if it is none of ours. */
export function languageFor(asked: string | undefined): Language {
  if (asked !== undefined && asked !== 'en' && asked !== 'zh')
    throw new UsageError(`invalid --lang '${asked}': en or zh`)
  return languageOf(process.env, asked)
}

/** Speak the language that was asked for, and load what that takes: nothing in English. */
export async function speakAs(asked: string | undefined, rows: Chapter[]): Promise<void> {
  translate = undefined
  if (languageFor(asked) === 'en') return
  const catalogues = rows.map((row) => row.chinese?.() ?? {})
  const { chineseOf } = await import('./chinese.ts')
  translate = chineseOf(await Promise.all(catalogues))
}
