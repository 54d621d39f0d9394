/** Tests: entries that lie over others, and whiteouts, on the disk. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { needs } from '../../test/scratch.ts'
import { facts } from '../../test/trees.ts'
import { directory, file, link, made, symlink, unpacked } from './archives.ts'
import type { Made } from './archives.ts'

function read(dir: string, name: string): string {
  return readFileSync(`${dir}/${name}`, 'utf8')
}

describe('of several entries with one name the last one counts', () => {
  test('a file over a file is new, and other names of the old one keep it', async (context) => {
    const dir = await unpacked(context, [file('a', 'old'), link('b', 'a'), file('a', 'new')])
    expect([read(dir, 'a'), read(dir, 'b')]).toEqual(['new', 'old'])
  })

  test('a directory over a directory keeps what is in it', async (context) => {
    const dir = await unpacked(context, [
      directory('d', { mode: 0o700 }),
      file('d/x'),
      directory('d', { mode: 0o711, mtimeNs: 5n }),
    ])
    expect(await facts(dir)).toMatchObject({
      length: 3,
      1: expect.stringMatching(/^"d" 40711 0 0 5 /),
    })
  })

  test('a directory over a file, a file over a link, a link over a directory', async (context) => {
    const dir = await unpacked(context, [
      file('f'),
      directory('f'),
      file('f/in', 'it'),
      symlink('s', 'f/in'),
      file('s', 'own'),
      directory('d'),
      symlink('d', 'f'),
    ])
    expect([read(dir, 'f/in'), read(dir, 's'), read(dir, 'd/in')]).toEqual(['it', 'own', 'it'])
  })

  const others: Record<string, [Made, shown: RegExp]> = {
    'a file': [file('d', 'new'), /^"d" 100644 /],
    'a symlink': [symlink('d', 'x'), /^"d" 120/],
    'a fifo': [made('fifo', 'd', { mode: 0o600 }), /^"d" 10600 /],
    'a hard link': [link('d', 'first'), /^"d" 100644 /],
  }
  const under: Record<string, Made[]> = {
    'with a file': [file('d/x', 'old')],
    'of directories': [directory('d/a/b/c'), symlink('d/a/s', '/'), file('d/a/b/f', 'old')],
    'with a whiteout': [file('d/.wh.d'), file('d/a/.wh..wh..opq')],
  }
  for (const [name, [over, shown]] of Object.entries(others))
    for (const [kind, entries] of Object.entries(under))
      test(`${name} over a directory ${kind} removes all of it`, async (context) => {
        const dir = await unpacked(context, [file('first', 'f'), ...entries, over])
        expect((await facts(dir)).slice(1)).toEqual([
          expect.stringMatching(shown),
          expect.stringMatching(/^"first" 100644 /),
        ])
      })

  test('a directory after a file after a directory begins empty', async (context) => {
    const dir = await unpacked(context, [file('d/x'), file('d'), directory('d'), file('d/y')])
    expect(readdirSync(`${dir}/d`)).toEqual(['y'])
  })

  test('a directory of twenty thousand names is replaced by a file', async (context) => {
    const names = Array.from({ length: 20_000 }, (_, at) => made('fifo', `d/${at}`, {}))
    const dir = await unpacked(context, [...names, file('d', 'new')])
    expect(read(dir, 'd')).toBe('new')
  })

  test('owner and mode are those of the second entry of a directory', async (context) => {
    const first = directory('d', { uid: 7, gid: 8, mode: 0o700 })
    const dir = await unpacked(context, [first, file('d/x'), directory('d')])
    expect(await facts(dir)).toMatchObject({ 1: expect.stringMatching(/^"d" 40755 0 0 /) })
  })

  test('a name linked to what is replaced later keeps it', async (context) => {
    const entries = [file('d/x', 'old'), link('y', 'd/x'), symlink('d', 'y')]
    const dir = await unpacked(context, entries)
    expect([read(dir, 'y'), read(dir, 'd')]).toEqual(['old', 'old'])
  })

  test('but a link does not replace the directory that its target lies in', async (context) => {
    needs(context, 'root')
    const failed = unpacked(context, [file('d/x'), link('d', 'd/x')])
    await expect(failed).rejects.toThrow('d is a hard link to d/x, which is no file in it')
  })

  test('a file linked to itself stays', async (context) => {
    expect(read(await unpacked(context, [file('a', 'x'), link('a', './a')]), 'a')).toBe('x')
  })
})

describe('whiteouts', () => {
  test('become what overlayfs takes for them', async (context) => {
    const dir = await unpacked(context, [file('d/.wh.gone'), file('e/.wh..wh..opq')])
    expect((await facts(dir)).slice(1)).toEqual([
      '"d" 40755 0 0 0 0 0',
      expect.stringMatching(/^"d\/gone" 20000 0 0 \d+ 0 0$/),
      '"e" 40755 0 0 0 0 0 trusted.overlay.opaque=79',
    ])
  })

  const pairs: Record<string, [Made, Made]> = {
    'a file': [file('.wh.x'), file('x', 'stays')],
    'a symlink': [file('.wh.x'), symlink('x', 'stays')],
    'a directory': [file('.wh.x'), directory('x')],
    'what is in a directory': [file('.wh.x'), file('x/y', 'stays')],
    'an opaque directory': [file('x/.wh..wh..opq'), file('x/y', 'stays')],
  }
  for (const [name, [mark, entry]] of Object.entries(pairs))
    test(`delete nothing of their own layer, before or after it: ${name}`, async (context) => {
      const before = await facts(await unpacked(context, [mark, entry]))
      const after = await facts(await unpacked(context, [entry, mark]))
      expect(after).toEqual(before)
      expect(before.join('\n')).not.toMatch(/"x" 20000/)
      const isDirectory = before[1]?.startsWith('"x" 40')
      expect(before[1]?.includes('trusted.overlay.opaque=79')).toBe(isDirectory)
    })

  test('hide what is below a directory, whatever else had its name in between', async (context) => {
    const orders = [
      [file('.wh.x'), file('x'), directory('x')],
      [file('x'), file('.wh.x'), directory('x')],
      [file('.wh.x'), file('x/y'), symlink('x', 'z'), directory('x')],
      [symlink('x', 'z'), directory('x'), file('.wh.x')],
    ]
    for (const entries of orders)
      expect((await facts(await unpacked(context, entries))).slice(1)).toEqual([
        expect.stringMatching(/^"x" 40755 .* trusted\.overlay\.opaque=79$/),
      ])
  })

  test('of AUFS are not unpacked', async (context) => {
    const dir = await unpacked(context, [
      file('.wh..wh.aufs'),
      directory('.wh..wh.plnk'),
      file('x'),
    ])
    expect(readdirSync(dir)).toEqual(['x'])
  })

  const refused: Record<string, Made[]> = {
    'of no name': [file('.wh.')],
    'of the directory itself': [file('d/.wh..')],
    'of the directory above': [file('d/.wh...')],
    'of the root': [file('.wh..wh..opq')],
    'with files in them': [file('.wh.d/x')],
    'that a symlink leads through': [symlink('s', '.wh.d'), file('s/x')],
    'with another name': [file('.wh.x'), link('y', 'x')],
  }
  for (const [name, entries] of Object.entries(refused))
    test(`are refused ${name}`, async (context) => {
      needs(context, 'root')
      await expect(unpacked(context, entries)).rejects.toThrow('the archive is damaged')
    })
})
