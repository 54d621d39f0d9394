/** Tests. The search of the book, in English and in Chinese. */
import { describe, expect, test } from 'vitest'
import { find, indexOf, termsOf, type Entry } from '../book/search/find.ts'
import { pages } from '../book/pages.ts'

const files = pages()
const entries = (tag: string): Entry[] => {
  const script = files.get(`texts-${tag}.js`) ?? ''
  return JSON.parse(script.replace(/^stepboxTexts=/, '')) as Entry[]
}
const english = indexOf(entries('en'))
const chinese = indexOf(entries('zh'))
const headings = (found: { entry: Entry }[]) => found.map(({ entry }) => entry[2])

describe('a query', () => {
  test('finds words by their beginnings, and headings first', () => {
    expect(headings(find(english, 'whiteout'))[0]).toMatch(/[Ww]hiteout/)
    expect(headings(find(english, 'whiteou'))).toEqual(
      expect.arrayContaining(headings(find(english, 'whiteouts')).slice(0, 1)),
    )
    expect(find(english, 'pivot_root').length).toBeGreaterThan(2)
    expect(find(english, 'zzzz')).toEqual([])
    expect(find(english, '   ')).toEqual([])
  })

  test('prefers sections with all of its words', () => {
    const [first] = find(english, 'overlay whiteout')
    const text = first?.entry.slice(2).join(' ').toLowerCase() ?? ''
    expect(text).toContain('overlay')
    expect(text).toContain('whiteout')
  })

  test('takes Chinese in pairs of characters', () => {
    expect(termsOf('挂载传播 and mount')).toEqual(['and', 'mount', '挂载', '载传', '传播'])
  })

  test('finds every phrase of the Chinese texts in its section', () => {
    const phrases = chinese.entries.flatMap(([page, id, , , text]) =>
      [...text.matchAll(/\p{Script=Han}{2,6}/gu)].map(([phrase]) => ({ phrase, page, id })),
    )
    const some = phrases.filter((_, at) => at % Math.ceil(phrases.length / 400) === 0)
    const lost = some.filter(({ phrase, page, id }) => {
      const found = find(chinese, phrase, Infinity)
      return !found.some(({ entry }) => entry[0] === page && entry[1] === id)
    })
    expect(some.length).toBeGreaterThan(200)
    expect(lost).toEqual([])
  })

  test('leads to a section that exists, and shows some of its text', () => {
    for (const { entry, excerpt } of [...find(english, 'mount'), ...find(chinese, '容器')]) {
      const [page, id] = entry
      expect(files.get(page)).toContain(` id="${id}"`)
      expect(excerpt.length).toBeGreaterThan(10)
    }
  })

  test('takes less than 50 ms', () => {
    const queries = ['pivot_root', 'how does copy-up work', 'm', 'the container', 'cgroup limit']
    const times = [...queries, ...queries].map((query) => {
      const start = performance.now()
      find(english, query)
      find(chinese, query)
      find(chinese, '容器的内存限制在哪里')
      return performance.now() - start
    })
    expect(times.sort((a, b) => a - b)[times.length / 2]).toBeLessThan(50)
  })
})

test('the texts are loaded at the first search only', () => {
  const html = [...files].filter(([name]) => name.endsWith('.html')).map(([, text]) => text)
  expect(html.filter((text) => /src="[^"]*(texts-|search\.js)/.test(text))).toEqual([])
})
