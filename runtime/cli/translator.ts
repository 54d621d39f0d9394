/** Finished English texts in Chinese, by the catalogues of all folders. */
import type { Catalogue } from '../sentence.ts'

/** The Chinese of an English text, line by line; what no catalogue has stays English. */
export type Translate = (english: string) => string

/**
 * Finds finished sentences in `catalogues`: `41 mounts` by the entry `{n} mounts`. Of several that
 * match, the one with most text before its first hole is taken, then the one with most text outside
 * of holes. An entry with hardly any text, such as `{a} of {b}`, is not used. A hole that the
 * Chinese writes `{~n}` has English words in it, or a list of them, which are translated, too.
 */
export function translator(catalogues: Catalogue[]): Translate {
  const exact = new Map(catalogues.flatMap((each) => Object.entries(each)))
  const templates = [...exact].map(templateOf).filter(({ isFound }) => isFound)
  templates.sort((a, b) => b.head.length - a.head.length || b.length - a.length)
  const sentenceIn = (english: string): string => {
    const known = exact.get(english)
    if (known !== undefined) return known
    for (const { pattern, head, names, chinese } of templates) {
      const found = english.startsWith(head) ? pattern.exec(english) : null
      if (found) return filled(chinese, new Map(names.map((name, at) => [name, found[at + 1]])))
    }
    return english
  }
  const filled = (chinese: string, values: Map<string, string | undefined>) =>
    chinese.replaceAll(/\{(~?)(\w+)\}/g, (hole, isWords: string, name: string) => {
      const value = values.get(name) ?? hole
      return isWords ? listIn(value) : value
    })
  const listIn = (english: string): string => {
    const [first, rest] = headOf(english)
    const whole = exact.has(first) && !exact.has(english) ? english : sentenceIn(english)
    if (whole !== english) return whole
    return rest === undefined ? sentenceIn(first) : `${sentenceIn(first)}、${listIn(rest)}`
  }
  /** The first item, the longest that is known: it may have an `and` in it. */
  const headOf = (list: string): [first: string, rest?: string] => {
    const found = [...list.matchAll(/, | and /g)]
    const ends = found.map(({ 0: { length }, index }) => ({ index, length }))
    const isKnown = ({ index }: { index: number }) => exact.has(list.slice(0, index))
    const end = ends.findLast(isKnown) ?? ends[0]
    return end ? [list.slice(0, end.index), list.slice(end.index + end.length)] : [list]
  }
  return (english) => english.replaceAll(/\S(?:.*\S)?/g, (line) => sentenceIn(line))
}

/** An entry of a catalogue as a pattern for finished sentences. */
function templateOf([english, chinese]: [english: string, chinese: string]) {
  const parts = english.split(/\{(\w+)\}/)
  const texts = parts.filter((_, at) => at % 2 === 0)
  const names = parts.filter((_, at) => at % 2 === 1)
  const escaped = texts.map((text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  // A value in quotes ends at the next one.
  const pattern = new RegExp(`^${escaped.join('(.*?)').replaceAll("'(.*?)'", "'([^']*)'")}$`)
  const { length } = texts.join('')
  const isFound = names.length > 0 && /[a-z]{3}/i.test(texts.join(' '))
  return { pattern, head: texts[0] ?? '', names, chinese, length, isFound }
}
