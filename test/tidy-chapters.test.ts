/** Tests. What belongs to a chapter is in its folders, and nothing shared knows its number. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { chapters } from '../chapters/table.ts'
import { dockerCommands, dockerFlags } from '../runtime/cli/docker-words.ts'
import { commandsOf } from '../runtime/cli/words.ts'
import { rowsTo } from './rows.ts'
import { paths, runtime, sources } from './sources.ts'

const root = join(import.meta.dirname, '..')

/**
 * A chapter's number, as a comparison, an argument or a word. The folders of chapters have numbers
 * in their names, which may be imported.
 */
const numbered = [
  /\bchapters? \d/i,
  /\bchapters?\b\W{0,2} ?(?:[<>=!]=?=?|:) ?[1-9]/,
  /\bchapters?(?:\.at\(|\.slice\((?:\d+, )?|\[)[1-9]\d*[)\]]/,
  /\b(?:for|each)\(\[1, 2, 3/,
  /\b(?:number|since)\b ?(?:[<>!]=?|[!=]==|:) ?[1-9]\d?\b(?! ?[*%\d])/,
  /\b(?:rowsTo|rowOf|stepOf)\([1-9]/,
  /\browsTo\(\)\)\W?\.slice/,
  /\b(?:runtimeOn|rowsUpTo)\([^()]*, ?\d/,
  /--chapter[', =]*\d|STEPBOX_CHAPTER[': =]*\d/,
]

describe('the number of a chapter', () => {
  const shared = [
    ...runtime.filter(({ path }) => !/^runtime\/\d\d-/.test(path)),
    ...sources(['runtime'], /\.(mjs|cjs|sh)$/),
    ...sources(['test', 'book'], /\.(ts|mjs)$/),
  ].filter(({ path }) => !exempt.includes(path) && !path.startsWith('test/lab/cheats/'))

  test('is in no shared code and in no shared test', () => {
    const wrong = shared.flatMap(({ path, text }) =>
      withoutComments(text)
        .split('\n')
        .flatMap((line, at) =>
          numbered.some((each) => each.test(line)) ? [`${path}:${at + 1} ${line.trim()}`] : [],
        ),
    )
    expect(wrong).toEqual([])
  })
})

/** Docker's words to come have numbers of chapters; this file has what they look like. */
const exempt = ['runtime/cli/docker-words.ts', 'test/tidy-chapters.test.ts']

/** Comments as empty lines: they may say where something is explained. */
function withoutComments(text: string): string {
  return text
    .replaceAll(/\/\*[^]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, ''))
    .replaceAll(/^\s*(?:\/\/|#).*$/gm, '')
}

test('a word of Docker that has arrived is not among those to come', async () => {
  const commands = commandsOf(await rowsTo())
  expect(commands.map(({ name }) => name).filter((name) => name in dockerCommands)).toEqual([])
  const both = commands.flatMap(({ name, flags }) => {
    const toCome = (dockerFlags[name] ?? []).flatMap(({ long, short }) => [long, short])
    const own = flags.flatMap(({ long, short }) => [long, ...(short ? [short] : [])])
    return own.filter((word) => toCome.includes(word)).map((word) => `${name} ${word}`)
  })
  expect(both).toEqual([])
})

describe.for(chapters)('chapter $number, $slug', ({ number, slug }) => {
  const folder = `${String(number).padStart(2, '0')}-${slug}`
  const list = join(root, 'chapters', folder, 'unlinked.json')
  const reasons = existsSync(list)
    ? (JSON.parse(readFileSync(list, 'utf8')) as Record<string, string>)
    : {}

  test('links each of its modules from its text, or says why not', () => {
    const text = readFileSync(join(root, 'chapters', folder, 'README.md'), 'utf8')
    const modules = paths(runtime.filter(({ path }) => path.startsWith(`runtime/${folder}/`)))
    const unlinked = modules.filter((path) => !/[)#]/.test(charAfter(text, `](../../${path}`)))
    expect(Object.keys(reasons).sort()).toEqual(unlinked.sort())
    expect(Object.values(reasons).filter((reason) => !reason)).toEqual([])
  })
})

function charAfter(text: string, part: string): string {
  const at = text.indexOf(part)
  return at < 0 ? '' : text.charAt(at + part.length)
}
