/** Tests: archives that are sound, and ask for what this file system or kernel does not have. */
import { execFileSync } from 'node:child_process'
import { lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, onTestFinished, test, type TestContext } from 'vitest'
import { layerDirs } from '../../runtime/05-commit/layer/dirs.ts'
import { unpackBlob } from '../../runtime/05-commit/layer/unpack-blob.ts'
import { unpackLayer } from '../../runtime/05-commit/layer/unpack.ts'
import { resolve } from '../../runtime/05-commit/store/store.ts'
import { needs, scratch } from '../../test/scratch.ts'
import { facts, gathered } from '../../test/trees.ts'
import { all, archiveOf, directory, file, made, symlink, unpacked } from './archives.ts'
import { withRecord, type Made } from './archives.ts'
import { rootWith, tarOf } from './handmade.ts'

describe('a time that no file system holds', () => {
  const timeOf = async (context: TestContext, entry: Made) => {
    const dir = await unpacked(context, [entry, { ...entry, path: 'd', type: 'directory' }])
    const [file = 0n, directory = 0n] = ['x', 'd'].map(
      (name) => lstatSync(`${dir}/${name}`, { bigint: true }).mtimeNs / 1_000_000_000n,
    )
    expect(directory).toBe(file)
    return Number(file)
  }
  const far = ['9223372037', '9223372036854775807', '9'.repeat(40), '99999999999.5']
  for (const seconds of far)
    test(`is the last one that it holds: ${seconds}`, async (context) => {
      const late = withRecord('mtime', seconds, file('x'))
      expect(await timeOf(context, late)).toBeGreaterThan(4e9)
    })

  test('is the first one that it holds, long before 1970', async (context) => {
    const early = withRecord('mtime', '-9999999999999', file('x'))
    expect(await timeOf(context, early)).toBeLessThan(-2_000_000_000)
  })

  test.each(['NaN', 'Infinity', '1e9', '', '-', '1.x', '0x10'])('%j is refused', async (text) => {
    const failed = all(archiveOf([withRecord('mtime', text, file('x'))]))
    await expect(failed).rejects.toThrow('a time that is not a number')
  })
})

test('attributes that the file system cannot hold are left out', async (context) => {
  needs(context, 'root')
  const dir = scratch()
  const of = (name: string, length = 1) => ({ name, value: Buffer.alloc(length, 'x') })
  const { unheld } = await unpackLayer(
    archiveOf([
      file('a', 'x', { xattrs: [of('com.apple.quarantine'), of('user.kept')] }),
      file('b', '', { xattrs: [of('com.apple.quarantine'), of('system.nfs4_acl')] }),
      directory('d', { xattrs: [of('user.large', 70_000)] }),
      { ...symlink('l', 'a'), xattrs: [of('user.link')] },
      file('z', 'after'),
    ]),
    dir,
  )
  expect([...unheld].map(([name, { path, count }]) => [name, path, count])).toEqual([
    ['com.apple.quarantine', 'a', 2],
    ['system.nfs4_acl', 'b', 1],
    ['user.large', 'd', 1],
    ['user.link', 'l', 1],
  ])
  expect((await facts(dir)).join()).toContain('user.kept=78')
  expect(readFileSync(`${dir}/z`, 'utf8')).toBe('after')
})

test('a failed call is reported with the file that it was made for', async (context) => {
  needs(context, 'root')
  const dir = scratch()
  writeFileSync(`${dir}/in-the-way`, '')
  const entries = [file('fine', 'x'), file('in-the-way', 'y'), file('after', 'z')]
  const failed = unpackLayer(archiveOf(entries), dir)
  await expect(failed).rejects.toMatchObject({ path: 'in-the-way', cause: { report: {} } })
  await expect(failed).rejects.toThrow(/^open\("in-the-way", .* = EEXIST/)
})

test('damage is reported with the file where it was found', async (context) => {
  const failed = unpacked(context, [file('d/x'), directory('d/y'), file('d/.wh.')])
  await expect(failed).rejects.toThrow("a whiteout of the name '' (at d/.wh.)")
})

describe('where a layer cannot be unpacked as it is, the words name', () => {
  const imageOf = async (entries: Made[]) => {
    const layer = await gathered(archiveOf(entries))
    const root = rootWith({ tars: [tarOf({ below: '' }), layer] })
    return { root, image: resolve(root, 'app:v1') }
  }

  test('image, layer, file and attribute, and the image can be used', async (context) => {
    needs(context, 'root')
    const xattrs = [{ name: 'com.apple.quarantine', value: Buffer.from('x') }]
    const { root, image } = await imageOf([file('d/a', 'x', { xattrs }), file('b', '', { xattrs })])
    const warnings: string[] = []
    const [top] = await layerDirs(root, image, (text) => warnings.push(text))
    expect(warnings).toEqual([
      expect.stringMatching(
        /^layer 2 of 2 \([0-9a-f]{12}\) of image 'app:v1': com\.apple\.quarantine of d\/a and 1 /,
      ),
    ])
    expect(readFileSync(`${top}/d/a`, 'utf8')).toBe('x')
  })

  test('image, layer and file, beside what the system says', async (context) => {
    needs(context, 'root')
    const entries = Array.from({ length: 99 }, (_, at) => made('fifo', `d/${at}`, {}))
    const { root, image } = await imageOf(entries)
    mkdirSync(`${root}/tmp`, { mode: 0o700 })
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'nr_inodes=60,mode=700', 'x', `${root}/tmp`])
    onTestFinished(() => void execFileSync('umount', [`${root}/tmp`]))
    const place = /layer 2 of 2 \([0-9a-f]{12}\) of image 'app:v1', file d\/\d+$/
    const [, layer] = image.layers
    if (!layer) throw new Error('no layer')
    const failed = unpackBlob(root, { image, layer })
    await expect(failed).rejects.toThrow('is full; nothing was changed\n  layer 2')
    await expect(failed).rejects.toThrow(place)
  })
})
