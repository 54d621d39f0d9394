/** Tests. What is made anew when a text has changed. */
import { expect, test } from 'vitest'
import { textsIn } from '../book/chapters.ts'
import { keep } from '../book/kept.ts'
import { languages } from '../book/languages.ts'
import { pages } from '../book/pages.ts'

test('a saved text makes only its own pages anew, in both languages', () => {
  const kept = keep()
  const texts = languages.flatMap(textsIn)
  pages(kept, texts)
  expect(kept.made().length).toBeGreaterThan(100)
  expect(pages(kept, texts).size).toBeGreaterThan(100)
  expect(kept.made()).toEqual([])
  const [first] = texts
  const saved = texts.map((text) =>
    text === first ? { ...text, markdown: `${text.markdown}\n\nA last word.\n` } : text,
  )
  const anew = pages(kept, saved)
  const both = texts.filter(({ name }) => name === first?.name).map(({ path }) => path)
  expect(kept.made().sort()).toEqual(both.sort())
  expect([...pages(keep(), saved)]).toEqual([...anew])
  const changed = [...anew.values()].filter((page) => page.includes('A last word.'))
  expect(changed.length).toBeGreaterThan(0)
}, 60_000)
