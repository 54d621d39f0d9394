/** Chapter 5. Tests: what `images`, `history` and `inspect` tell, and what `rmi` leaves alone. */
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { detailsOf, historyOf, listImages } from '../../runtime/05-commit/store/images.ts'
import { removeImage, type ImageUser } from '../../runtime/05-commit/store/remove-image.ts'
import { layerDir, readIndex, resolve } from '../../runtime/05-commit/store/store.ts'
import { needs, scratch } from '../../test/scratch.ts'
import { blobFile, putImage, putIndex, sha256, tarOf } from './handmade.ts'

const [base, pages] = [tarOf({ 'bin/': '', 'bin/sh': '12345' }), tarOf({ 'index.html': '<p>' })]

/** `base:v1` has one layer; `site:v1` and `site:v2` are one image, with that layer and another. */
function library(): string {
  const root = scratch()
  const site = putImage(root, {
    tars: [base, pages],
    config: { created: '2021-01-01T00:00:00Z', author: 'Ann', config: { Cmd: ['httpd'] } },
  })
  const images = { 'base:v1': putImage(root, { tars: [base] }), 'site:v1': site, 'site:v2': site }
  putIndex(root, images)
  for (const [tar, name, text] of [[base, 'sh', '12345'], [pages, 'index.html', '<p>']] as const) {
    mkdirSync(layerDir(root, sha256(tar)), { recursive: true })
    writeFileSync(join(layerDir(root, sha256(tar)), name), text)
  }
  return root
}

function blobs(root: string): string[] {
  return readdirSync(join(root, 'blobs/sha256')).sort()
}

function names(root: string): string[] {
  return listImages(root).images.map(({ repository, tag }) => `${repository}:${tag}`)
}

const none = () => []

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
      },
      {
        repository: 'site',
        tag: 'v2',
        created: '2021-01-01T00:00:00Z',
        sizeBytes: 8,
        sharedBytes: 5,
      },
      {
        repository: 'base',
        tag: 'v1',
        created: '2020-01-01T00:00:00Z',
        sizeBytes: 5,
        sharedBytes: 5,
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

  test('that were never unpacked have the size of their tar', () => {
    const root = scratch()
    putIndex(root, { 'base:v1': putImage(root, { tars: [base] }) })
    expect(listImages(root).images[0]?.sizeBytes).toBe(base.length)
  })

  test('count a file with two names once', () => {
    const root = library()
    const dir = layerDir(root, sha256(base))
    linkSync(join(dir, 'sh'), join(dir, 'ash'))
    expect(listImages(root).images.at(-1)?.sizeBytes).toBe(5)
  })
})

test('history is newest first, and a step without a layer has no bytes', () => {
  const root = scratch()
  const created = '2020-01-01T00:00:00Z'
  const history = [
    { created, created_by: 'busybox' },
    { created, created_by: 'CMD', empty_layer: true },
    { created, created_by: 'sh', comment: 'pages' },
  ]
  putIndex(root, { 'site:v1': putImage(root, { tars: [base, pages], config: { history } }) })
  const image = resolve(root, 'site:v1')
  expect(historyOf(root, image)).toEqual([
    { id: image.id, created, createdBy: 'sh', sizeBytes: pages.length, comment: 'pages' },
    { id: '<missing>', created, createdBy: 'CMD', sizeBytes: 0, comment: '' },
    { id: '<missing>', created, createdBy: 'busybox', sizeBytes: base.length, comment: '' },
  ])
})

test('history has a row for each layer, even when the image tells none', () => {
  const root = scratch()
  const config = { history: null }
  putIndex(root, { 'site:v1': putImage(root, { tars: [base, pages], config }) })
  const rows = historyOf(root, resolve(root, 'site:v1'))
  expect(rows.map(({ sizeBytes }) => sizeBytes)).toEqual([pages.length, base.length])
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

describe('rmi', () => {
  test('takes away a name while the image has another', async (context) => {
    needs(context, 'root')
    const root = library()
    const before = blobs(root)
    expect(await removeImage(root, 'site:v1', none)).toEqual([{ untagged: 'site:v1' }])
    expect(names(root)).toEqual(['site:v2', 'base:v1'])
    expect(blobs(root)).toEqual(before)
  })

  test('of the last name takes what no other image has', async (context) => {
    needs(context, 'root')
    const root = library()
    const { id, layers, manifest } = resolve(root, 'site:v1')
    await removeImage(root, 'site:v1', none)
    expect(await removeImage(root, 'site:v2', none)).toEqual([
      { untagged: 'site:v2' },
      { deleted: id },
      { deleted: sha256(pages) },
    ])
    for (const digest of [id, manifest.digest, layers[1]?.digest ?? ''])
      expect(existsSync(blobFile(root, digest))).toBe(false)
    expect(existsSync(layerDir(root, sha256(pages)))).toBe(false)
    expect(existsSync(layerDir(root, sha256(base)))).toBe(true)
    expect(resolve(root, 'base:v1').layers[0]?.digest).toBe(layers[0]?.digest)
    expect(existsSync(blobFile(root, layers[0]?.digest ?? ''))).toBe(true)
    expect(readdirSync(join(root, 'tmp'))).toEqual([])
  })

  test('of everything leaves nothing but the empty store', async (context) => {
    needs(context, 'root')
    const root = library()
    for (const name of ['base:v1', 'site:v1', 'site:v2']) await removeImage(root, name, none)
    expect(blobs(root)).toEqual([])
    expect(readdirSync(join(root, 'layers'))).toEqual([])
    expect(readIndex(root).manifests).toEqual([])
  })

  test('refuses an image that a container stands on, and leaves it whole', async (context) => {
    needs(context, 'root')
    const root = library()
    const { manifest, config } = resolve(root, 'base:v1')
    const diffIds = config.rootfs.diff_ids
    const user: ImageUser = { name: 'web', manifest: manifest.digest, diffIds }
    const before = readFileSync(join(root, 'index.json'), 'utf8')
    await expect(removeImage(root, 'base:v1', () => [user])).rejects.toThrow(
      "image 'base:v1' is used by container web; first: stepbox rm web",
    )
    expect(readFileSync(join(root, 'index.json'), 'utf8')).toBe(before)
  })

  test('sees a container that began while the name was being taken away', async (context) => {
    needs(context, 'root')
    const root = library()
    const { manifest } = resolve(root, 'base:v1')
    let asked = 0
    const user: ImageUser = { name: 'web', manifest: manifest.digest, diffIds: [sha256(base)] }
    const users = () => (asked++ === 0 ? [] : [user])
    await expect(removeImage(root, 'base:v1', users)).rejects.toThrow('is used by container web')
    expect(resolve(root, 'base:v1').manifest.digest).toBe(manifest.digest)
    expect(existsSync(layerDir(root, sha256(base)))).toBe(true)
  })

  test('by id needs the image to have one name', async (context) => {
    needs(context, 'root')
    const root = library()
    const ids = ['site:v1', 'base:v1'].map((name) => resolve(root, name).id.slice(7, 19))
    await expect(removeImage(root, ids[0] ?? '', none)).rejects.toThrow(
      'has several names: site:v1, site:v2; remove it by name',
    )
    await removeImage(root, ids[1] ?? '', none)
    expect(names(root)).toEqual(['site:v1', 'site:v2'])
  })

  test('of an unknown name says what there is, and makes nothing', async () => {
    const root = library()
    await expect(removeImage(root, 'foo', none)).rejects.toThrow(
      "no image named 'foo'; have: base:v1, site:v1, site:v2",
    )
    expect(existsSync(join(root, 'tmp'))).toBe(false)
  })

  test('takes out a damaged image, by name or by its manifest’s digest', async (context) => {
    needs(context, 'root')
    for (const by of ['name', 'digest']) {
      const root = library()
      const { digest } = resolve(root, 'base:v1').manifest
      writeFileSync(blobFile(root, digest), 'x')
      const text = by === 'name' ? 'base:v1' : digest.slice(7, 19)
      const gone = [{ untagged: 'base:v1' }, { deleted: digest }]
      expect(await removeImage(root, text, none)).toEqual(gone)
      expect(existsSync(blobFile(root, digest))).toBe(false)
      expect(names(root)).toEqual(['site:v1', 'site:v2'])
    }
  })

  test('keeps every blob while it cannot read what another image needs', async (context) => {
    needs(context, 'root')
    const root = library()
    const { digest } = resolve(root, 'site:v1').manifest
    const shared = resolve(root, 'base:v1').layers[0]?.digest ?? ''
    const whole = readFileSync(blobFile(root, digest))
    writeFileSync(blobFile(root, digest), 'x')
    await removeImage(root, 'base:v1', none)
    expect(existsSync(blobFile(root, shared))).toBe(true)
    writeFileSync(blobFile(root, digest), whole)
    expect(resolve(root, 'site:v1').layers[0]?.digest).toBe(shared)
  })

  test('sweeps what nobody has named for an hour, and nothing younger', async (context) => {
    needs(context, 'root')
    const root = library()
    const orphan = blobFile(root, sha256('orphan'))
    writeFileSync(orphan, 'orphan')
    await removeImage(root, 'base:v1', none)
    expect(existsSync(orphan)).toBe(true)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_700_000 })
    onTestFinished(() => void vi.useRealTimers())
    await removeImage(root, 'site:v1', none)
    expect(existsSync(orphan)).toBe(true)
    await removeImage(root, 'site:v2', none)
    expect(existsSync(orphan)).toBe(false)
  })
})
