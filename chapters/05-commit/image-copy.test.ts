/** Tests: the copy of an image that a container writes straight into, before there are layers. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { imageFor } from '../../runtime/05-commit/image-for.ts'
import { layerDirs } from '../../runtime/05-commit/layer/dirs.ts'
import { resolve } from '../../runtime/05-commit/store/store.ts'
import { needs } from '../../test/scratch.ts'
import { facts, gathered } from '../../test/trees.ts'
import { archiveOf, directory, file, made } from './archives.ts'
import { rootWith } from './handmade.ts'

test('a copy has the owners, the bits, the devices and the holes of the image', async (context) => {
  needs(context, 'root')
  const all = [
    directory('d', { uid: 1, gid: 2, mode: 0o2750 }),
    file('d/suid', 'x', { uid: 1000, gid: 1000, mode: 0o4755 }),
    file('d/holes', '', { size: 2 ** 22, extents: [] }),
    made('character', 'd/null', { device: { major: 1, minor: 3 }, mode: 0o666 }),
  ]
  const root = rootWith({ tars: [await gathered(archiveOf(all))] })
  const { use } = await imageFor(root, 'app:v1', 'directory')
  const [layer = ''] = await layerDirs(root, resolve(root, 'app:v1'))
  expect(await facts(use.rootfs ?? '')).toEqual(await facts(layer))
  const suid = statSync(join(use.rootfs ?? '', 'd/suid'))
  expect([suid.uid, suid.mode & 0o7777]).toEqual([1000, 0o4755])
  expect(statSync(join(use.rootfs ?? '', 'd/holes')).blocks).toBeLessThan(64)
})

test('only root can reach a set-user-id file in a copy', async (context) => {
  needs(context, 'root')
  const suid = file('suid', 'x', { mode: 0o4755 })
  const root = rootWith({ tars: [await gathered(archiveOf([suid]))] })
  await imageFor(root, 'app:v1', 'directory')
  expect(statSync(join(root, 'rootfs')).mode & 0o7777).toBe(0o700)
})
