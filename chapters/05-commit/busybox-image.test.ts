/** Tests: the same busybox is the same image, wherever and however it is made. */
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { busyboxBinary } from '../../runtime/setup/busybox.ts'
import { importBusybox } from '../../runtime/05-commit/busybox-image.ts'
import { needs, scratch } from '../../test/scratch.ts'
import { blobFile, sha256 } from './handmade.ts'

test('the image has the same digests under another umask, in another zone', async (context) => {
  needs(context, 'root')
  const before = { umask: process.umask(), zone: process.env['TZ'] }
  onTestFinished(() => {
    process.umask(before.umask)
    if (before.zone === undefined) delete process.env['TZ']
    else process.env['TZ'] = before.zone
  })
  const images = []
  for (const [umask, zone] of [[0o022, 'UTC'], [0o077, 'Asia/Shanghai']] as const) {
    const root = scratch()
    process.umask(umask)
    process.env['TZ'] = zone
    images.push(await importBusybox(root, busyboxBinary()))
  }
  expect(images[0]).toEqual(images[1])
})

test('the digest of its layer is its diff id, for nothing is compressed', async (context) => {
  needs(context, 'root')
  const root = scratch()
  const { layers, config } = await importBusybox(root, busyboxBinary())
  expect(layers.map(({ digest }) => digest)).toEqual(config.rootfs.diff_ids)
  expect(config.config?.Cmd).toEqual(['sh'])
  expect(config.history).toEqual([
    {
      created: '1970-01-01T00:00:00Z',
      created_by: `busybox ${sha256(readFileSync(busyboxBinary()))}`,
    },
  ])
})

test('a second time, nothing is written', async (context) => {
  needs(context, 'root')
  const root = scratch()
  const first = await importBusybox(root, busyboxBinary())
  const { ino } = statSync(join(root, 'index.json'))
  expect(await importBusybox(root, busyboxBinary())).toEqual(first)
  expect(statSync(join(root, 'index.json')).ino).toBe(ino)
})

test('a damaged image is made good', async (context) => {
  needs(context, 'root')
  const root = scratch()
  const { id, layers, manifest } = await importBusybox(root, busyboxBinary())
  for (const digest of [id, manifest.digest, layers[0]?.digest ?? '']) {
    writeFileSync(blobFile(root, digest), 'x')
    await importBusybox(root, busyboxBinary())
    expect(sha256(readFileSync(blobFile(root, digest)))).toBe(digest)
  }
})
