/** Tests. Every sentence of the lab has its Chinese, in the catalogue of its folder. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { languageOf, sentence, speaker, type Catalogue } from '../../runtime/sentence.ts'
import { folders as foldersOfProgram } from '../chinese/catalogues.ts'
import { typescript, type Source } from '../sources.ts'

const root = join(import.meta.dirname, '../..')

/** The folders that have sentences, each with all that its files say. */
const folders = new Map<string, Set<string>>()
for (const source of typescript.filter(({ path }) => !path.startsWith('test/')))
  for (const text of sentencesIn(source)) {
    const folder = dirname(source.path)
    folders.set(folder, (folders.get(folder) ?? new Set()).add(text))
  }

/** A folder of the program that has other texts as well has them in the same catalogue. */
const spoken = foldersOfProgram()

describe.each([...folders])('the sentences of %s', (folder, said) => {
  const path = join(root, folder, 'zh.json')
  const program = spoken.find((each) => each.path === folder)?.literals
  const isSaidElsewhere = (text: string) => program?.has(text)
  const catalogue: Catalogue = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {}

  test('are all in its catalogue, and no others are', () => {
    const known = Object.keys(catalogue)
    expect({
      missing: [...said].filter((each) => !known.includes(each)),
      unused: known.filter((each) => !said.has(each) && !isSaidElsewhere(each)),
    }).toEqual({ missing: [], unused: [] })
  })

  test('are Chinese there, with the same holes', () => {
    const wrong = Object.entries(catalogue).filter(
      ([english, chinese]) => !isChinese(english, chinese) || holes(english) !== holes(chinese),
    )
    expect(wrong).toEqual([])
  })
})

describe('a sentence', () => {
  const speakers = (catalogue: Catalogue) =>
    (['en', 'zh'] as const).map((language) => speaker(language, [catalogue]))

  test('is said in the language that was asked for, with its values', () => {
    const said = sentence('{n} mounts', { n: 41 })
    const texts = speakers({ '{n} mounts': '{n} 个挂载' }).map((say) => say(said))
    expect(texts).toEqual(['41 mounts', '41 个挂载'])
  })

  test('stays English where it has no Chinese', () => {
    expect(speakers({})[1]?.(sentence('no mounts'))).toBe('no mounts')
  })

  test('speaks the language of the locale, unless another is asked for', () => {
    expect(languageOf({ LANG: 'zh_CN.UTF-8' })).toBe('zh')
    expect(languageOf({ LANG: 'zh_CN.UTF-8', LC_ALL: 'C' })).toBe('en')
    expect(languageOf({ LANG: 'zh_CN.UTF-8' }, 'en')).toBe('en')
    expect(languageOf({}, 'zh')).toBe('zh')
    expect(languageOf({})).toBe('en')
  })
})

/** The first arguments of `sentence`, which have to be literals. */
function sentencesIn({ path, text }: Source): string[] {
  if (!text.includes('sentence(') || path === 'runtime/sentence.ts') return []
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true)
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && node.expression.getText() === 'sentence') {
      const [first] = node.arguments
      const literal = first && literalOf(first)
      if (literal === undefined) throw new Error(`${path}: sentence() of ${first?.getText()}`)
      found.push(literal)
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return found
}

/** The text of a string literal, or of several joined by `+`. */
function literalOf(node: ts.Expression): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text
  if (!ts.isBinaryExpression(node)) return undefined
  const [left, right] = [literalOf(node.left), literalOf(node.right)]
  return left === undefined || right === undefined ? undefined : left + right
}

function holes(text: string): string {
  return [...text.replaceAll('{~', '{').matchAll(/\{\w+\}/g)].map(String).sort().join()
}

/** What has no word in it, such as `{message}`, is the same in every language. */
function isChinese(english: string, chinese: string): boolean {
  return /\p{Script=Han}/u.test(chinese) || !/[a-z]/i.test(english.replaceAll(/\{\w+\}/g, ''))
}
