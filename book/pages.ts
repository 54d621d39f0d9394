/** All files of the book. The pages need no server, no other host, and no script to be read. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { chapterPages } from './chapter-pages.ts'
import { textsIn, type Text } from './chapters.ts'
import { firstPage, volumeName } from './first-page.ts'
import { hashOf, keep, stateOfSources } from './kept.ts'
import { languages, otherThan } from './languages.ts'
import { layout } from './layout.ts'
import type { Making } from './making.ts'
import { scripts } from './scripts.ts'
import { asScript, entriesOf, scriptName } from './search/texts.ts'
import { sourceName, sourcePage } from './sources.ts'
import { epub } from './volume/epub.ts'
import { printPage } from './volume/print-page.ts'
import { walkPages } from './walk/pages.ts'

/** The style sheets: they become one. */
const styles = [
  ...['style.css', 'pages.css', 'first.css', 'code.css', 'search.css'],
  ...['predict.css', 'walk.css', 'layers.css', 'live.css', 'print.css'],
]

/**
 * Every file of the book, by its path. Throws at the first link without a target. Of what is in
 * `kept`, only that is made anew which is made from something else now: a changed text.
 */
export function pages(kept = keep(), texts = languages.flatMap(textsIn)): Map<string, string> {
  const files = new Map<string, string>()
  const making: Making = { texts, mentions: new Map() }
  const state = stateOfSources()
  const around = [state, hashOf(texts.map((text) => JSON.stringify(outlineOf(text))))]
  files.set('style.css', styles.map(inFolder).join('\n'))
  files.set('icon.svg', inFolder('icon.svg'))
  for (const [name, script] of kept.get('scripts', [state], scripts)) files.set(name, script)
  for (const language of languages) {
    const own = texts.filter((text) => text.language === language)
    files.set(`${language.dir}index.html`, firstPage(own, language))
    files.set(`${language.dir}404.html`, missingPage(own, language))
  }
  const add = (name: string, from: string[], make: (own: Making) => Map<string, string>): void => {
    const { made, mentions } = kept.get(name, [...around, ...from], () => {
      const own: Making = { texts, mentions: new Map() }
      return { made: make(own), mentions: own.mentions }
    })
    for (const [path, file] of made) files.set(path, file)
    for (const [path, more] of mentions)
      making.mentions.set(path, [...(making.mentions.get(path) ?? []), ...more])
  }
  const terms = texts.filter(({ name }) => name === 'glossary').map(({ markdown }) => markdown)
  for (const text of texts) {
    const both = texts.filter(({ name }) => name === text.name).map(({ markdown }) => markdown)
    add(text.path, [...both, ...terms], (own) => chapterPages(text, own))
  }
  for (const language of languages) {
    const own = texts.filter((text) => text.language === language)
    files.set(scriptName(language), asScript(entriesOf(own, files)))
    files.set(`${language.dir}print.html`, printPage(own, language, files))
  }
  add('walks', [], walkPages)
  const english = texts.filter(({ language }) => language === languages[0])
  for (const [path, mentions] of making.mentions) {
    const from = [...around, JSON.stringify(mentions)]
    files.set(sourceName(path), kept.get(path, from, () => sourcePage(path, mentions, english)))
  }
  return files
}

/** What other pages show of a text. */
function outlineOf({ markdown: _, language, ...outline }: Text): object {
  return { ...outline, language: language.tag }
}

/** The book as a file for reading devices, in each language, from its `files`. */
export function volumes(files: Map<string, string>): Map<string, Buffer> {
  const made = languages.map((language): [string, Buffer] => [
    volumeName(language.dir),
    epub(textsIn(language), language, files),
  ])
  return new Map(made)
}

function missingPage(texts: Text[], language: (typeof languages)[number]): string {
  const { words, dir } = language
  const main = `<h1>${words.missingTitle}</h1>
<p>${words.missing}</p>
<p><a href="index.html">${words.contents}</a></p>`
  const other = `${otherThan(language).dir}404.html`
  const path = `${dir}404.html`
  return layout({ path, title: words.missingTitle, language, main, texts, other })
}

function inFolder(name: string): string {
  return readFileSync(join(import.meta.dirname, name), 'utf8')
}
