/** Tests. Numbers in the texts are those of the data that they are about. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { textsIn } from '../book/chapters.ts'
import { counted, withFigures } from '../book/figures.ts'
import { languages } from '../book/languages.ts'
import { follow, linksIn, root } from '../book/links.ts'
import { pages } from '../book/pages.ts'
import { render } from '../book/render.ts'

const now = await counted()
const texts = languages.flatMap(textsIn).filter(({ number }) => number > 0)
const figuresOf = (markdown: string) =>
  linksIn(markdown).filter((href) => href.includes('figures.json#'))

test('figures.json has what is counted today; `npm run book -- --figures` counts anew', () => {
  const text = readFileSync(join(root, 'chapters/figures.json'), 'utf8')
  expect(JSON.parse(text)).toEqual(now)
})

describe.each(texts)('$path', ({ name, markdown, language }) => {
  test('says these numbers', () => {
    expect(figuresOf(markdown).length).toBeGreaterThan(0)
    expect(markdown).toBe(withFigures(markdown, now))
  })

  test('has the figures of the other language', () => {
    const other = texts.find((each) => each.name === name && each.language !== language)
    expect(figuresOf(markdown).sort()).toEqual(figuresOf(other?.markdown ?? '').sort())
  })
})

test('a page has the number of the data, whatever the text says', () => {
  const text = 'It makes [7](../figures.json#namespaces.calls) calls.'
  const html = render(text, 'chapters/01-namespaces/README.md', { hrefOf: () => 'x' })
  expect(html).toBe(`<p>It makes ${now['namespaces']?.['calls']} calls.</p>\n`)
  expect(withFigures(text, now)).toContain(`[${now['namespaces']?.['calls']}](`)
})

test('a figure that is not there is an error with the nearest name', () => {
  const from = 'chapters/01-namespaces/README.md'
  const missing = () => follow('../figures.json#namespaces.cals', from)
  expect(missing).toThrow(/no such figure; nearest: namespaces\.calls/)
})

test('no page has the link of a figure in it', () => {
  const html = [...pages()].filter(([name]) => name.endsWith('.html'))
  const wrong = html.filter(([, page]) => page.includes('figures.json#'))
  expect(wrong.map(([name]) => name)).toEqual([])
}, 120_000)

/** Numbers of calls, consequences and promises are data: none is typed into a sentence. */
test.each(texts)('$path types none of them', ({ markdown }) => {
  const prose = markdown.replace(/^(```+)[^]*?^\1/gm, '')
  const english =
    /(?<![[\w.,-])(\d{2,}|[a-z]+ty-[a-z]+) (system calls|calls|consequences|promises)\b/g
  const chinese = /[二三四五六七八九]十[一二三四五六七八九]?[个条](系统调用|调用|后果|承诺)/g
  expect([english, chinese].flatMap((typed) => prose.match(typed) ?? [])).toEqual([])
})
