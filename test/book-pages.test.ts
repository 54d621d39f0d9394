/** Tests. The pages of the book: their parts, their weight, their colours. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { languages } from '../book/languages.ts'
import { outline, readings } from '../book/outline.ts'
import { pages, volumes } from '../book/pages.ts'
import { picture, pictureName } from '../book/picture.ts'
import { render } from '../book/render.ts'
import { additions, list } from '../book/road.ts'

/** The whole book is made: a busy machine takes several times as long. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const files = pages()
const html = [...files].filter(([name]) => name.endsWith('.html'))
const chapters = html.filter(([name]) => /^(zh\/)?\d\d-[a-z-]+\.html$/.test(name))

/** A text with everything that pages render in a special way. */
const sample = `# A title

What it says first.

---

**Part 1 of 2: by hand.** About 40 minutes. Stop here.

## One \`way\`

**Predict.** A question with \`--an-option\`?

\`\`\`console
$ kill {pid:a} \\
> now
{…} and {n}
\`\`\`

---

**Part 2 of 2: by plan.** About 25 minutes.

## Another

## Second reading: odd ones

Odd.
`

describe('a page', () => {
  test('has one h1, a language, landmarks, and a link to its text', () => {
    const wrong = html.flatMap(([name, text]) => {
      const counts = [/<h1/g, /<main id="the-text">/g, /<header/g, /class="skip" href="#the-text"/g]
      const isRight = counts.every((each) => text.match(each)?.length === 1)
      return isRight && /<html lang="(en|zh)">/.test(text) ? [] : [name]
    })
    expect(html.length).toBeGreaterThan(20)
    expect(wrong).toEqual([])
  })

  test('has no two anchors of one name', () => {
    const wrong = html.flatMap(([name, text]) => {
      const ids = [...text.matchAll(/<[^>]* id="([^"]*)"/g)].map(([, id]) => id)
      return ids.length === new Set(ids).size ? [] : [name]
    })
    expect(wrong).toEqual([])
  })

  test('of a chapter has less than 200 KB', () => {
    const heavy = chapters.filter(([, text]) => Buffer.byteLength(text) > 200_000)
    expect(chapters.length).toBeGreaterThan(9)
    expect(heavy.map(([name]) => name)).toEqual([])
  })

  test('says in the one navigation where it is', () => {
    const lost = chapters.filter(([, text]) => {
      const menus = text.match(/<nav id="the-menu"/g) ?? []
      return menus.length !== 1 || !/<a href="[^"]*" aria-current="page">/.test(text)
    })
    expect(lost.map(([name]) => name)).toEqual([])
  })

  test('has one way on: the links at the end of a text are for code hosts', () => {
    const ends = /\b(next|previous): <a|[上下]一章：<a/i
    expect(html.filter(([, text]) => ends.test(text)).map(([name]) => name)).toEqual([])
  })

  test('of second readings does not repeat that word in its headings', () => {
    const more = html.filter(([name]) => name.endsWith('-more.html'))
    expect(more.filter(([, text]) => /<h2[^>]*>(Second reading:|再读：)/.test(text))).toEqual([])
    expect(more.length).toBeGreaterThan(5)
  })

  test('of a source file numbers its lines, names its symbols, and leads back', () => {
    const page = files.get('source/runtime.03-pivot-root.root.ts.html') ?? ''
    const source = readFileSync('runtime/03-pivot-root/root.ts', 'utf8').trimEnd()
    expect(page.match(/class="l" id="L\d+"/g)).toHaveLength(source.split('\n').length)
    expect(page).toContain('<span class="symbol" id="pivotRoot">')
    expect(page).toContain('href="../03-pivot-root.html#code-pivotRoot"')
    expect(page).toContain('href="../zh/03-pivot-root.html#code-pivotRoot"')
  })

  test('is the same, byte by byte, when it is made again; so are the EPUBs', () => {
    const again = pages()
    expect([...again]).toEqual([...files])
    const hex = (volume: Map<string, Buffer>) => [...volume.values()].map(String)
    expect(hex(volumes(again))).toEqual(hex(volumes(files)))
  })

  test('and all others are made in 10 seconds', () => {
    const start = process.cpuUsage()
    volumes(pages())
    const { user, system } = process.cpuUsage(start)
    expect((user + system) / 1e6).toBeLessThan(10)
  })
})

describe('a text', () => {
  test('has parts with minutes, sections in them, and a second reading apart', () => {
    const { parts, sections, more, minutes } = outline(sample)
    expect(parts.map(({ title, minutes }) => [title, minutes])).toEqual([
      ['By hand', 40],
      ['By plan', 25],
    ])
    expect(sections.map(({ title, part }) => [title, part])).toEqual([
      ['One way', 1],
      ['Another', 2],
    ])
    expect(more.map(({ id }) => id)).toEqual(['second-reading-odd-ones'])
    expect(minutes).toBe(65)
    expect(readings(sample).main).not.toContain('Odd.')
    expect(readings(sample).more).toContain('Odd.')
  })

  test('has parts in Chinese, too', () => {
    const chinese = '# 标题\n\n**第 2 部分（共 4 部分）：根搬走了。** 约 40 分钟。继续。\n'
    expect(outline(chinese).parts).toMatchObject([{ title: '根搬走了', minutes: 40 }])
  })

  test('shows labels, parts, holes in braces, and which values are the reader’s own', () => {
    const page = render(sample, 'README.md', { hrefOf: () => undefined })
    expect(page).toContain('<p class="part" id="part-2">')
    expect(page).toContain('<p class="step predict"><strong>Predict.</strong>')
    expect(page).toContain('<var>{pid:a}</var>')
    expect(page).toMatch(/<p class="own">.*<var>\{pid:a\}<\/var><\/p>/)
    expect(page).toContain('<var>…</var> and <var>{n}</var>')
  })

  test('takes the two braces of a template for no hole', () => {
    const typed = "$ stepbox inspect -f '{{range .}}{{.Id}}{{end}}' a\n{id:a}"
    const text = `# A\n\n\`\`\`console run\n${typed}\n\`\`\`\n`
    const page = render(text, 'README.md', { hrefOf: () => undefined })
    expect(page.match(/<var>[^<]*<\/var>|class="own"/g)).toEqual(['<var>{id:a}</var>'])
  })
})

describe('the first page', () => {
  const page = files.get('index.html') ?? ''

  test('draws the list of the last chapter, in the colours of the chapters', () => {
    const lines = [...page.matchAll(/<li class="of-(\d)" title="/g)].map(([, of]) => Number(of))
    expect(lines).toEqual(list.map(({ chapter }) => chapter))
    expect(lines.length).toBeGreaterThan(40)
  })

  test('is a map of what each chapter adds: lines, commands, flags', () => {
    expect(page.match(/data-chapter="/g)).toHaveLength(additions.length)
    expect(page).toContain('<code>stepbox commit</code>')
    expect(page).toContain('<code>--memory</code>')
    expect(page).toContain(`adds ${additions[0]?.added} lines`)
  })
})

test('the picture of the debugger is that of the recorded walk, with both themes', () => {
  for (const language of languages) {
    const drawn = readFileSync(join(import.meta.dirname, '..', pictureName(language)), 'utf8')
    expect(drawn).toBe(picture(language))
    expect(drawn).toContain('class="now"')
    expect(drawn).toContain('pivot_root(')
    expect(drawn).toContain('prefers-color-scheme: dark')
  }
})

describe('colours', () => {
  const css = readFileSync(join(import.meta.dirname, '../book/style.css'), 'utf8')
  const colours = new Map(
    [...css.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map(
      ([, name = '', light = '', dark = '']) => [name, [light, dark]],
    ),
  )
  const grounds = ['paper', 'raised', 'code']
  const texts = [...colours.keys()].filter(
    (name) => ![...grounds, 'line', 'target'].includes(name),
  )

  test.each(['light', 'dark'])('of text have a contrast of 4.5 on every ground, %s', (theme) => {
    const of = (name: string): string => colours.get(name)?.[theme === 'light' ? 0 : 1] ?? ''
    const low = texts.flatMap((text) =>
      grounds
        .map((ground) => ({ ground, ratio: contrast(of(text), of(ground)) }))
        .filter(({ ratio }) => !(ratio >= 4.5))
        .map(({ ground, ratio }) => `${text} on ${ground}: ${ratio.toFixed(2)}`),
    )
    expect(texts.length).toBeGreaterThan(12)
    expect(low).toEqual([])
    for (const text of ['ink', 'faint', 'link'])
      expect(contrast(of(text), of('target'))).toBeGreaterThan(4.5)
    expect(contrast(of('paper'), of('link'))).toBeGreaterThan(4.5) // the button that begins
  })

  test('have names: no other style sheet has a colour', () => {
    const sheet = files.get('style.css') ?? ''
    const rules = sheet.replace(css, '').replace(/\/\*[^]*?\*\//g, '')
    expect(rules.match(/#[0-9a-f]{3,8}\b/gi)).toBeNull()
  })
})

/** The contrast of two colours by WCAG 2: 1 to 21. */
function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y)
  return (light + 0.05) / (dark + 0.05)
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
