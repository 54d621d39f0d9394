/** Sentences for people: English in the code, Chinese in a catalogue beside it. */

/** A sentence with its values: `{n} mounts` and `{ n: 41 }`. */
export interface Sentence {
  english: string
  values: Record<string, string | number>
}

/** The Chinese of sentences, by the English as it stands in the code: a `zh.json` of a folder. */
export type Catalogue = Record<string, string>

/** A language that the program speaks. */
export type Language = 'en' | 'zh'

/**
 * A sentence in English. `{name}` in it is replaced by that value. The first argument is a literal:
 * a test reads the source, and fails if the catalogue of the folder lacks it.
 */
export function sentence(english: string, values: Sentence['values'] = {}): Sentence {
  return { english, values }
}

/** Renders sentences in one language; without a translation it stays English. */
export type Speak = (said: Sentence) => string

export function speaker(language: Language, catalogues: Catalogue[]): Speak {
  return ({ english, values }) => {
    const found = language === 'zh' ? catalogues.find((each) => Object.hasOwn(each, english)) : {}
    const text = found?.[english] ?? english
    return text.replaceAll(/\{(\w+)\}/g, (hole, name: string) => String(values[name] ?? hole))
  }
}

/** The language of the environment's locale, in the order of setlocale(3); `asked` goes first. */
export function languageOf(env: Record<string, string | undefined>, asked?: string): Language {
  const locale = asked || env['LC_ALL'] || env['LC_MESSAGES'] || env['LANG'] || ''
  return locale.startsWith('zh') ? 'zh' : 'en'
}
