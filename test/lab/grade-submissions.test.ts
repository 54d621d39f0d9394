/** Tests. What is handed in is read without being trusted. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { chaptersNamedIn, findSubmissions } from '../../runtime/lab/grade/submissions.ts'
import { gradeSpeaker } from '../../runtime/lab/grade/report.ts'
import { needs, scratch } from '../scratch.ts'

const path = 'runtime/part/answer.ts'
const other = 'chapters/part/lab/exercises.ts'

function put(dir: string, name: string, text = 'export const a = 1\n'): void {
  mkdirSync(dirname(join(dir, name)), { recursive: true })
  writeFileSync(join(dir, name), text)
}

/** The states of the two answer files of the only submission, with the reason. */
async function statesIn(dir: string): Promise<string[]> {
  const say = await gradeSpeaker([], 'en')
  const [only] = findSubmissions([dir], [path, other]).submissions
  return (only?.files ?? []).map(({ state, why }) => (why ? `${state}: ${say(why)}` : state))
}

describe('an answer file', () => {
  test('is found by its path, or by its name alone as upload forms have it', async () => {
    const [tree, flat] = [scratch(), scratch()]
    put(tree, path)
    put(flat, 'answer.ts')
    expect(await statesIn(tree)).toEqual(['taken', 'missing'])
    expect(await statesIn(flat)).toEqual(['taken', 'missing'])
  })

  test('is found in the one directory of an unpacked archive', async () => {
    const dir = scratch()
    put(dir, `alice/workspace/${path}`)
    const { submissions } = findSubmissions([dir], [path])
    expect(submissions.map(({ name, answers }) => [name, Object.keys(answers)])).toEqual([
      ['alice', [path]],
    ])
  })

  test('that is a link is refused, and what it points to is not read', async () => {
    const dir = scratch()
    put(dir, other)
    mkdirSync(join(dir, 'runtime/part'), { recursive: true })
    symlinkSync('/etc/passwd', join(dir, path))
    expect(await statesIn(dir)).toEqual([
      'refused: it is a symbolic link, and none is followed',
      'taken',
    ])
  })

  test('below a link to a directory is refused', async () => {
    const [dir, elsewhere] = [scratch(), scratch()]
    put(dir, other)
    put(elsewhere, 'part/answer.ts')
    symlinkSync(elsewhere, join(dir, 'runtime'))
    expect((await statesIn(dir))[0]).toBe('refused: runtime is not a directory')
  })

  test('that is a fifo is refused at once, although nobody writes to it', async () => {
    const dir = scratch()
    put(dir, other)
    mkdirSync(join(dir, 'runtime/part'), { recursive: true })
    expect(spawnSync('mkfifo', [join(dir, path)]).status).toBe(0)
    expect((await statesIn(dir))[0]).toBe('refused: it is a fifo')
  })

  test('that is a device is refused, and not opened', async (context) => {
    needs(context, 'root')
    const dir = scratch()
    put(dir, other)
    mkdirSync(join(dir, 'runtime/part'), { recursive: true })
    expect(spawnSync('mknod', [join(dir, path), 'c', '1', '5']).status).toBe(0)
    expect((await statesIn(dir))[0]).toBe('refused: it is a device or a socket')
  })

  test('that is huge, or no text, or a directory is refused', async () => {
    const [huge, bytes, folder] = [scratch(), scratch(), scratch()]
    put(huge, path)
    truncateSync(join(huge, path), 2 ** 40)
    put(bytes, path)
    writeFileSync(join(bytes, path), Buffer.from([0x66, 0xff, 0xfe]))
    put(folder, other)
    mkdirSync(join(folder, path), { recursive: true })
    expect((await statesIn(huge))[0]).toBe('refused: it is larger than 256 KiB')
    expect((await statesIn(bytes))[0]).toBe('refused: it is not text in UTF-8')
    expect((await statesIn(folder))[0]).toBe('refused: it is a directory')
  })
})

describe('submissions', () => {
  test('are the directories in a folder; links, files and hidden ones are none', () => {
    const dir = scratch()
    for (const name of ['bob', 'alice']) put(dir, `${name}/${path}`)
    mkdirSync(join(dir, 'empty'))
    put(dir, `.git/${path}`)
    put(dir, 'roster.csv')
    symlinkSync('alice', join(dir, 'mallory'))
    const { submissions, others } = findSubmissions([dir], [path])
    expect(submissions.map(({ name }) => name)).toEqual(['alice', 'bob', 'empty'])
    expect(others).toEqual(['mallory', 'roster.csv'])
  })

  test('that are named are one each, and keep apart when they are called the same', () => {
    const [one, two] = [scratch(), scratch()]
    for (const dir of [one, two]) put(dir, `alice/${path}`)
    const { submissions } = findSubmissions([join(one, 'alice'), join(two, 'alice')], [path])
    expect(submissions.map(({ name }) => name)).toEqual(['alice', 'alice (2)'])
  })

  test('have names that no terminal acts on', () => {
    const dir = scratch()
    put(dir, `\x1b[31mred\n/${path}`)
    expect(findSubmissions([dir], [path]).submissions[0]?.name).toBe('\\x1b[31mred\\n')
  })

  test('say which chapter they are for, and nothing else is taken from that file', () => {
    const [dir, broken] = [scratch(), scratch()]
    put(dir, '.stepbox/lab.json', JSON.stringify({ chapter: Number('3'), score: 10 }))
    put(broken, '.stepbox/lab.json', '{')
    expect([...chaptersNamedIn([dir])]).toEqual([3])
    expect([...chaptersNamedIn([broken])]).toEqual([])
  })
})
