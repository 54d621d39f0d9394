/** Tests: what `images`, `history` and `inspect` tell, and what `rmi` leaves alone. */
import { existsSync, linkSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { layerDirs } from '../../runtime/05-commit/layer/dirs.ts'
import { detailsOf, historyOf } from '../../runtime/05-commit/store/images.ts'
import { listImages, measuredImages } from '../../runtime/05-commit/store/images.ts'
import { measureLayers } from '../../runtime/05-commit/store/sizes.ts'
import { layerDir, resolve } from '../../runtime/05-commit/store/store.ts'
import { needs, scratch } from '../../test/scratch.ts'
import { blobFile, putImage, putIndex, sha256, tarOf } from './handmade.ts'
import { base, library, pages } from './library.ts'

function names(root: string): string[] {
  return listImages(root).images.map(({ repository, tag }) => `${repository}:${tag}`)
}

describe('images', () => {
  test('are listed by name, newest first, with the bytes that are theirs and shared', () => {
    const root = library()
    const { images, damaged } = listImages(root)
    expect(images.map(({ id: _, digest: __, ...rest }) => rest)).toEqual([
      {
        repository: 'site',
        tag: 'v1',
        created: '2021-01-01T00:00:00Z',
        sizeBytes: 8,
        sharedBytes: 5,
        labels: {},
      },
      {
        repository: 'site',
        tag: 'v2',
        created: '2021-01-01T00:00:00Z',
        sizeBytes: 8,
        sharedBytes: 5,
        labels: {},
      },
      {
        repository: 'base',
        tag: 'v1',
        created: '2020-01-01T00:00:00Z',
        sizeBytes: 5,
        sharedBytes: 5,
        labels: {},
      },
    ])
    expect(images[0]?.id).toBe(resolve(root, 'site:v1').id)
    expect(damaged).toEqual([])
  })

  test('that cannot be read are told beside the ones that can', () => {
    const root = library()
    writeFileSync(blobFile(root, resolve(root, 'base:v1').id), '')
    const { damaged } = listImages(root)
    expect(names(root)).toEqual(['site:v1', 'site:v2'])
    expect(damaged.map(({ message }) => message.split('\n')[0])).toEqual([
      "image 'base:v1' is damaged",
    ])
  })

  test('without a name are <none>, and a name without a tag has <none> for it', () => {
    const root = scratch()
    const image = putImage(root, { tars: [base] })
    putIndex(root, {}, { manifests: [image] })
    expect(names(root)).toEqual(['<none>:<none>'])
    putIndex(root, { latest: image, 'localhost:5000/app': image })
    expect(names(root)).toEqual(['latest:<none>', 'localhost:5000/app:<none>'])
  })

  test('of a root without a store are none, and looking makes none', () => {
    const root = join(scratch(), 'new')
    expect(listImages(root)).toEqual({ images: [], damaged: [] })
    expect(existsSync(root)).toBe(false)
  })

  test('have the same size before their layers are unpacked, and after', async (context) => {
    needs(context, 'root')
    const root = scratch()
    const first = tarOf({ a: '12', b: '3' }).subarray(0, -1024)
    const again = Buffer.concat([first, tarOf({ a: '4567' })])
    putIndex(root, { 'base:v1': putImage(root, { tars: [base, again] }) })
    const { images: before } = await measuredImages(root)
    expect(before[0]?.sizeBytes).toBe(5 + 1 + 4)
    const image = resolve(root, 'base:v1')
    await layerDirs(root, image)
    for (const { diffId } of image.layers) rmSync(`${layerDir(root, diffId)}.size`)
    expect(listImages(root).images).toEqual(before)
  })

  test('count a file with two names once', () => {
    const root = library()
    const dir = layerDir(root, sha256(base))
    linkSync(join(dir, 'sh'), join(dir, 'ash'))
    expect(listImages(root).images.at(-1)?.sizeBytes).toBe(5)
  })
})

test('history is newest first, and a step without a layer has no bytes', async () => {
  const root = scratch()
  const created = '2020-01-01T00:00:00Z'
  const history = [
    { created, created_by: 'busybox' },
    { created, created_by: 'CMD', empty_layer: true },
    { created, created_by: 'sh', comment: 'pages' },
  ]
  putIndex(root, { 'site:v1': putImage(root, { tars: [base, pages], config: { history } }) })
  const image = resolve(root, 'site:v1')
  await measureLayers(root, image.layers)
  expect(historyOf(root, image)).toEqual([
    { id: image.id, created, createdBy: 'sh', sizeBytes: 3, comment: 'pages' },
    { id: '<missing>', created, createdBy: 'CMD', sizeBytes: 0, comment: '' },
    { id: '<missing>', created, createdBy: 'busybox', sizeBytes: 5, comment: '' },
  ])
})

test('history has a row for each layer, even when the image tells none', async () => {
  const root = scratch()
  const config = { history: null }
  putIndex(root, { 'site:v1': putImage(root, { tars: [base, pages], config }) })
  const image = resolve(root, 'site:v1')
  await measureLayers(root, image.layers)
  const rows = historyOf(root, image)
  expect(rows.map(({ sizeBytes }) => sizeBytes)).toEqual([3, 5])
})

test('inspect has the shape of Docker’s', () => {
  const root = library()
  const image = resolve(root, 'site:v2')
  const details = detailsOf(root, image)
  expect(details).toMatchObject({
    Id: image.id,
    RepoTags: ['site:v1', 'site:v2'],
    RepoDigests: [`site@${image.manifest.digest}`],
    Created: '2021-01-01T00:00:00Z',
    Author: 'Ann',
    Architecture: 'amd64',
    Os: 'linux',
    Size: 8,
    Config: { Cmd: ['httpd'], Env: null, User: '', WorkingDir: '' },
    RootFS: { Type: 'layers', Layers: [sha256(base), sha256(pages)] },
  })
  expect(details.Layers.map(({ Size }) => Size)).toEqual([5, 3])
})
