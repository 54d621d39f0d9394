/** The files of the walks: what the player plays, and a page for each that has nothing else. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { languages, otherThan } from '../languages.ts'
import { layersScript } from '../layers/figure.ts'
import { layout, upFrom } from '../layout.ts'
import { root } from '../links.ts'
import type { Making } from '../making.ts'
import { sourceName } from '../sources.ts'
import { walked, walkOf, walkScript } from './data.ts'
import { walkFigure } from './figure.ts'
import { fill, walkWords } from './words.ts'

/** By path. The source files that they lead to are noted in `making`. */
export function walkPages(making: Making): Map<string, string> {
  const files = new Map<string, string>()
  for (const slug of walked()) {
    const data = walkOf(slug, (path, symbol) => `${sourceName(path)}#${symbol}`)
    files.set(`walk-${slug.slice(0, 2)}.js`, walkScript(data))
    if (existsSync(join(root, 'chapters', slug, 'layers.json')))
      files.set(`layers-${slug.slice(0, 2)}.js`, layersScript(slug))
    for (const { path } of data.code)
      if (!making.mentions.has(path)) making.mentions.set(path, [])
    for (const language of languages) {
      const texts = making.texts.filter((text) => text.language === language)
      const text = texts.find(({ name }) => name === slug)
      if (!text) continue
      const path = `${language.dir}${slug}-walk.html`
      const up = upFrom(path)
      const title = fill(walkWords(language.tag).walk, { n: data.chapter })
      const figure = walkFigure(slug, {
        tag: language.tag,
        up,
        hrefOf: (target) => `${up}${sourceName(target.path)}#${target.symbol ?? ''}`,
        isAlone: true,
      })
      const back = `<p class="of"><a href="${slug}.html">${text.title}</a></p>`
      const main = `${back}\n<h1>${title}</h1>\n${figure}`
      const other = `${otherThan(language).dir}${slug}-walk.html`
      files.set(path, layout({ path, title, language, main, texts, text, other }))
    }
  }
  return files
}
