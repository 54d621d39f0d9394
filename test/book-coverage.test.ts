/** Tests. Diff coverage: the book shows every line that a chapter adds to the program. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { modulesOf, restOf, unlinkedIn } from '../book/code-page.ts'
import { languages } from '../book/languages.ts'
import { root } from '../book/links.ts'
import { pages } from '../book/pages.ts'
import { symbolIn, symbolsOf } from '../book/symbols.ts'

const files = pages()
const slugs = [...files.keys()].flatMap((name) => /^(\d\d-.*)-code\.html$/.exec(name)?.[1] ?? [])

/** The code in the pages of a chapter, as text: of figures, and of the rest of its modules. */
function codeShown(slug: string, dir: string): string {
  const names = ['', '-more', '-code'].map((end) => `${dir}${slug}${end}.html`)
  const html = names.map((name) => files.get(name) ?? '').join('\n')
  return html
    .replace(/<(?:code|pre|\/code|\/pre)[^>]*>/g, '\n')
    .replace(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
}

/** A declaration without the comment of the whole file, which may stand right above it. */
function withoutHead(declaration: string): string {
  return declaration.replace(/^\/\*[^]*?\*\/\n(?=#)/, '')
}

describe.each(slugs)('%s', (slug) => {
  test.each(languages)('shows every declaration that it adds, in $tag', ({ dir }) => {
    const unlinked = unlinkedIn(slug)
    const code = codeShown(slug, dir)
    const added = modulesOf(slug).filter((path) => unlinked[path] === undefined)
    const missing = added.flatMap((path) => {
      const source = readFileSync(join(root, path), 'utf8')
      return symbolsOf(source)
        .filter((symbol) => !code.includes(withoutHead(symbolIn(source, symbol)?.code ?? '')))
        .map((symbol) => `${path}#${symbol}`)
    })
    expect(added.length).toBeGreaterThan(1)
    expect(missing).toEqual([])
  })

  test('has a reason for each module that its text leaves out, and for no other', () => {
    const unlinked = unlinkedIn(slug)
    const own = modulesOf(slug)
    expect(Object.keys(unlinked).filter((path) => !own.includes(path))).toEqual([])
    expect(Object.values(unlinked).filter((reason) => reason.length < 12)).toEqual([])
  })

  test.each(languages)('loses no line between its declarations, in $tag', ({ dir }) => {
    const unlinked = unlinkedIn(slug)
    const code = new Set(codeShown(slug, dir).split('\n'))
    const missing = modulesOf(slug)
      .filter((path) => unlinked[path] === undefined)
      .flatMap((path) => {
        const rest = restOf(readFileSync(join(root, path), 'utf8'), new Set())
        const lines = rest.join('\n').split('\n')
        return lines.filter((line) => line && !code.has(line)).map((line) => `${path}: ${line}`)
      })
    expect(missing).toEqual([])
  })
})
