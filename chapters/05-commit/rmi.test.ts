/** Tests: images are removed, and nothing that others need. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { listImages } from '../../runtime/05-commit/store/images.ts'
import { removeImage, type ImageUser } from '../../runtime/05-commit/store/remove-image.ts'
import { layerDir, readIndex, resolve } from '../../runtime/05-commit/store/store.ts'
import { needs } from '../../test/scratch.ts'
import { blobFile, sha256 } from './handmade.ts'
import { base, library, pages } from './library.ts'

function blobs(root: string): string[] {
  return readdirSync(join(root, 'blobs/sha256')).sort()
}

function names(root: string): string[] {
  return listImages(root).images.map(({ repository, tag }) => `${repository}:${tag}`)
}

const none = () => []

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
