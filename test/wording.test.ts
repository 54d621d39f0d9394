/** Tests. The wording of the texts: marks of riddles and of word-for-word translation are rare. */
import { describe, expect, test } from 'vitest'
import { sources } from './sources.ts'

const texts = sources(['.'], /(^|\/)(README|machines|classroom|glossary)(\.zh)?\.md$/)
const [chinese, english] = [true, false].map((isChinese) =>
  texts.filter(({ path }) => path.endsWith('.zh.md') === isChinese),
) as [typeof texts, typeof texts]

/** Without code, sessions and links. */
function proseOf(text: string): string {
  return text
    .replace(/^(```+)[^]*?^\1/gm, '')
    .replace(/`[^`\n]*`/g, '')
    .replace(/\]\([^)]*\)/g, ']')
}

function countOf(text: string, word: RegExp): number {
  return text.match(word)?.length ?? 0
}

/** What belittles, what is translated word for word, wrong terms. */
const unwanted =
  /没有谁|只需|很简单|放掉|讲得通|一旁|弄歪|走着|陪着走|便条|镜像清单|复制品|(?<![可读])写层(?!次)/g

describe.for(chinese.map((each) => [each.path, each.text] as const))('%s', ([, text]) => {
  const prose = proseOf(text)
  const characters = countOf(prose, /\p{Script=Han}/gu)

  test.for([
    [/它/g, 6],
    [/的是/g, 1.5],
    [/谁/g, 0.3],
  ] as const)('has %s rarely', ([word, most]) => {
    expect(1000 * countOf(prose, word)).toBeLessThanOrEqual(most * Math.max(characters, 1000))
  })

  test('has no words that belittle, and no literal images', () => {
    const found = [...prose.matchAll(unwanted)]
    expect(found.map(({ index }) => prose.slice(index - 10, index + 10))).toEqual([])
  })
})

describe.for(english.map((each) => [each.path, each.text] as const))('%s', ([, text]) => {
  const prose = proseOf(text)

  test.for([
    [/\bnobody\b/gi, 1],
    [/\bwhoever\b/gi, 1],
    [/\bof its own\b/gi, 2],
    [/\bone does\b/gi, 1],
    [/\bis no\b/gi, 3],
  ] as const)('has %s rarely', ([word, most]) => {
    expect(countOf(prose, word)).toBeLessThanOrEqual(most)
  })
})
