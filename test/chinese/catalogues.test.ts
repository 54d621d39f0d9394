/** Tests. All that the program says to people has its Chinese, in the catalogue of its folder. */
import { describe, expect, test } from 'vitest'
import { translator } from '../../runtime/cli/translator.ts'
import { folders } from './catalogues.ts'

const all = folders()
const chinese = translator(all.map(({ catalogue }) => catalogue))

describe.each(all)('what $path says', ({ catalogue, said, literals }) => {
  const entries = Object.entries(catalogue)

  test('is all in its catalogue: reasons, consequences, errors, flags and the rest', () => {
    expect([...said].filter((each) => !Object.hasOwn(catalogue, each))).toEqual([])
  })

  test('is in the catalogue word for word', () => {
    const isUsed = (text: string) => said.has(text) || literals.has(text.trim())
    expect(Object.keys(catalogue).filter((each) => !isUsed(each))).toEqual([])
  })

  test('has the same values in Chinese', () => {
    expect(entries.filter(([english, text]) => holesOf(english) !== holesOf(text))).toEqual([])
  })

  test('is Chinese there, in the words that the texts use', () => {
    const foreign = entries.filter(([english, text]) => !isChinese(english, text))
    const odd = entries.filter(([, text]) => unwanted.test(text))
    expect({ foreign, odd }).toEqual({ foreign: [], odd: [] })
  })

  test('is found again from the finished sentence, and not as another one', () => {
    const wrong = entries.filter(([english, text]) => {
      const hasWords = /[a-z]{3}/i.test(english.replaceAll(/\{\w+\}/g, ' '))
      return hasWords && chinese(withValues(english, english)) !== withValues(text, english)
    })
    expect(wrong).toEqual([])
  })
})

/** Per thousand characters, at most this often: the marks of translated Chinese. */
test.each([
  ['它', 1],
  ['的是', 1.5],
  ['谁', 0.3],
])('%s is rare', (mark, most) => {
  const text = all.flatMap(({ catalogue }) => Object.values(catalogue)).join('')
  expect(((text.split(mark).length - 1) * 1000) / text.length).toBeLessThan(most)
})

/** Two folders may say the same; then they say it in the same words. */
test('one English sentence has one Chinese one', () => {
  const known = new Map<string, string>()
  const wrong = all.flatMap(({ catalogue }) =>
    Object.entries(catalogue).flatMap(([english, text]) => {
      const other = known.get(english)
      known.set(english, text)
      return other === undefined || other === text ? [] : [{ english, text, other }]
    }),
  )
  expect(wrong).toEqual([])
})

describe('a finished sentence', () => {
  const say = translator([
    { 'the mount on {target} is gone': '{target} 上的挂载没有了' },
    { '{path} is gone': '{path} 没有了', 'no space': '没有空间' },
    { 'cannot copy {a}: {why}': '不能复制 {a}：{~why}' },
    { 'it holds {what}': '里面有{~what}', files: '文件', groups: '控制组',
      'in and out': '进出', '{whole}': '{whole}' },
  ])

  test('is said with its values, by the entry that has most words', () => {
    expect(say('the mount on /a b is gone')).toBe('/a b 上的挂载没有了')
    expect(say('/tmp/x is gone')).toBe('/tmp/x 没有了')
  })

  test('has sentences and lists of words in it, which are said too', () => {
    expect(say('cannot copy a: no space')).toBe('不能复制 a：没有空间')
    expect(say('it holds files and groups')).toBe('里面有文件、控制组')
    expect(say('it holds files, in and out and groups')).toBe('里面有文件、进出、控制组')
    expect(say('it holds 3, 4')).toBe('里面有3、4')
  })

  test('is found line by line, each with the blanks before it', () => {
    expect(say('a.txt is gone\n  no space\n\n')).toBe('a.txt 没有了\n  没有空间\n\n')
  })

  test('stays English if there is no Chinese', () => {
    expect(say('mount("proc", "/proc") = EPERM')).toBe('mount("proc", "/proc") = EPERM')
  })
})

/** Words in the place of which the texts have others. */
const unwanted =
  /只需|很简单|没有谁|复制品|猜一猜|预言|镜像清单|(?<!可)写层|放掉|讲得通|弄歪|便条/

function holesOf(text: string): string {
  const names = [...text.matchAll(/\{~?(\w+)\}/g)].map(([, name]) => name)
  return [...new Set(names)].sort().join()
}

/** With a value for each hole: the number that the hole has in the English. */
function withValues(text: string, english: string): string {
  const names = [...english.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
  return text.replaceAll(/\{~?(\w+)\}/g, (_, name: string) => `7${names.indexOf(name)}7`)
}

/** What is left of a sentence of commands, names and numbers is the same in every language. */
function isChinese(english: string, text: string): boolean {
  const words = text.replaceAll(/\{~?\w+\}/g, '')
  const isSame = english === text || !/[a-z]/i.test(words)
  return isSame || /[\p{Script=Han}：，。、]/u.test(text)
}
