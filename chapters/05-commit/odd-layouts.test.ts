/** Tests: layouts and layers that are right in an unusual way are read; others are named once. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { timeAgo } from '../../runtime/05-commit/commands.ts'
import { layerDirs } from '../../runtime/05-commit/layer/dirs.ts'
import { inJavaScript, unzstd } from '../../runtime/05-commit/layer/zstd.ts'
import { historyOf, listImages } from '../../runtime/05-commit/store/images.ts'
import { mediaTypes, type Descriptor } from '../../runtime/05-commit/store/oci.ts'
import { removeImage } from '../../runtime/05-commit/store/remove-image.ts'
import { readIndex, resolve } from '../../runtime/05-commit/store/store.ts'
import { needs, scratch } from '../../test/scratch.ts'
import { start } from '../../test/stepbox.ts'
import { chunksOf } from '../../test/trees.ts'
import { blobFile, putBlob, putImage, putIndex, rootWith, sha256, tarOf } from './handmade.ts'

const tar = tarOf({ 'etc/': '', 'etc/motd': 'hello\n' })

describe('a layer is read by its bytes', () => {
  const zstd = (bytes: Buffer) => execFileSync('zstd', ['-qc'], { input: bytes })
  const skippable = Buffer.from('502a4d1803000000616263', 'hex')
  const inTwo = (all: Buffer, compress: (part: Buffer) => Buffer) =>
    Buffer.concat([compress(all.subarray(0, 700)), compress(all.subarray(700))])
  const framed = (all: Buffer) => Buffer.concat([skippable, inTwo(all, zstd), skippable])
  const forms: [what: string, tar: Buffer, compress: (tar: Buffer) => Buffer][] = [
    ['that is plain', tar, (bytes) => bytes],
    ['of gzip', tar, gzipSync],
    ['of two gzip members', tar, (all) => inTwo(all, gzipSync)],
    ['of gzip, followed by zeros', tar, (all) => Buffer.concat([gzipSync(all), Buffer.alloc(9)])],
    ['of zstd', tar, zstd],
    ['of two zstd frames, and others to skip', tar, framed],
    ['without the zeros at its end', tar.subarray(0, -1024), gzipSync],
    ['without anything in it', Buffer.alloc(0), (bytes) => bytes],
    ['without anything in its gzip', Buffer.alloc(0), gzipSync],
    ['of an archive without entries', Buffer.alloc(1024), gzipSync],
  ]
  const types = [mediaTypes.gzipLayer, mediaTypes.layer, `${mediaTypes.layer}+zstd`, undefined]
  for (const [what, content, compress] of forms)
    test(`${what}, whatever its media type says`, async (context) => {
      needs(context, 'root', ...(what.includes('zstd') ? ['zstd'] : []))
      for (const mediaType of types) {
        const layer = { mediaType } as Partial<Descriptor>
        const root = rootWith({ tars: [content], compress, layer })
        const [dir = ''] = await layerDirs(root, resolve(root, 'app:v1'))
        expect(existsSync(join(dir, 'etc/motd'))).toBe(content.length > 1024)
      }
    })
})

const dockers = {
  list: 'application/vnd.docker.distribution.manifest.list.v2+json',
  manifest: 'application/vnd.docker.distribution.manifest.v2+json',
  config: 'application/vnd.docker.container.image.v1+json',
  layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  foreign: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
}

test('Docker’s own media types are understood', async (context) => {
  needs(context, 'root')
  for (const layerType of [dockers.layer, dockers.foreign]) {
    const root = scratch()
    const made = putImage(root, { tars: [tar], layer: { mediaType: layerType } })
    const { config, layers } = JSON.parse(readFileSync(blobFile(root, made.digest), 'utf8')) as {
      config: Descriptor
      layers: Descriptor[]
    }
    const own = { schemaVersion: 2, mediaType: dockers.manifest, layers }
    const manifest = { ...own, config: { ...config, mediaType: dockers.config } }
    const list = {
      schemaVersion: 2,
      mediaType: dockers.list,
      manifests: [
        {
          ...putBlob(root, dockers.manifest, manifest),
          platform: { os: 'linux', architecture: process.arch === 'x64' ? 'amd64' : process.arch },
        },
      ],
    }
    putIndex(root, { 'app:v1': putBlob(root, dockers.list, list) })
    expect(await layerDirs(root, resolve(root, 'app:v1'))).toHaveLength(1)
  }
})

describe('zstd', () => {
  const read = async (bytes: Buffer) => {
    const made: Uint8Array[] = []
    for await (const chunk of unzstd(chunksOf(bytes) as AsyncIterable<Buffer>, inJavaScript))
      made.push(chunk)
    return Buffer.concat(made)
  }

  test('is decoded as zstd(1) does it, with every level and checksum', async (context) => {
    needs(context, 'root', 'zstd')
    const text = Buffer.concat(Array.from({ length: 3000 }, (_, at) => Buffer.from(`line ${at}\n`)))
    for (const content of [Buffer.alloc(0), Buffer.from('a'), text, Buffer.alloc(1_000_000, 'ab')])
      for (const how of ['-1', '-19', '--check', '--no-check', '--long=27']) {
        const packed = execFileSync('zstd', ['-qc', how], { input: content })
        expect((await read(packed)).equals(content)).toBe(true)
      }
  })

  test.each([
    ['cut off in a block', '28b52ffd2004210000', 'it is cut off'],
    ['followed by something else', '28b52ffd2000010000', 'there is something else'],
    ['that needs a window of terabytes', '28b52ffd00ff01000000', 'bytes of memory'],
    ['with a block that is too large', '28b52ffd0058ffffff00', 'a block has more than 128 KiB'],
    ['with rubbish in a block', '28b52ffd2004250000ffffffff', 'zstd stream is invalid'],
  ])('%s is refused', async (_, hex, why) => {
    const more = hex === '28b52ffd2000010000' ? 'ffffffff' : ''
    await expect(read(Buffer.from(hex + more, 'hex'))).rejects.toThrow(why)
  })
})

describe('a layout', () => {
  const layouts: Record<string, (root: string) => void> = {
    'without oci-layout': (root) => rmSync(join(root, 'oci-layout')),
    'of a later minor version': (root) =>
      writeFileSync(join(root, 'oci-layout'), '{"imageLayoutVersion":"1.1.0"}'),
    'without schemaVersion': (root) => changeIndex(root, ({ schemaVersion: _, ...index }) => index),
    'with the media type of an index': (root) =>
      changeIndex(root, (index) => ({ ...index, mediaType: mediaTypes.index })),
    'with unknown fields and null annotations': (root) =>
      changeIndex(root, (index) => ({ ...index, annotations: null, subject: null, x: [1] })),
  }
  test.each(Object.entries(layouts))('%s is read', (_, change) => {
    const root = rootWith({ tars: [tar] })
    change(root)
    expect(resolve(root, 'app:v1').name).toBe('app:v1')
  })

  test('without oci-layout keeps its images when another is removed', async (context) => {
    needs(context, 'root')
    const root = scratch()
    const image = putImage(root, { tars: [tar] })
    putIndex(root, { 'a:v1': image, 'b:v1': image })
    rmSync(join(root, 'oci-layout'))
    await removeImage(root, 'a:v1', () => [])
    expect(listImages(root).images).toMatchObject([{ repository: 'b' }])
  })

  test('with documents in their descriptors needs no files for them', () => {
    const root = rootWith({ tars: [tar] })
    const { manifest } = resolve(root, 'app:v1')
    const data = readFileSync(blobFile(root, manifest.digest)).toString('base64')
    rmSync(blobFile(root, manifest.digest))
    putIndex(root, { 'app:v1': { ...manifest, data } })
    expect(resolve(root, 'app:v1').layers).toHaveLength(1)
    const wrong = Buffer.from(data, 'base64').fill(32, 3, 5).toString('base64')
    putIndex(root, { 'app:v1': { ...manifest, data: wrong } })
    expect(() => resolve(root, 'app:v1')).toThrow('does not have the content that its digest names')
  })
})

function changeIndex(root: string, change: (index: Record<string, unknown>) => object): void {
  const path = join(root, 'index.json')
  writeFileSync(path, JSON.stringify(change(JSON.parse(readFileSync(path, 'utf8')) as never)))
}

describe('a config', () => {
  const nothing = { config: null, history: null, created: null, author: null, variant: null }
  const configs: [what: string, config: object, layers: number][] = [
    ['with null for everything', nothing, 1],
    ['with null in its settings', { config: { Env: null, Labels: null, Cmd: null } }, 1],
    ['without rootfs, of no layers', { rootfs: undefined }, 0],
    ['with null diff ids, of no layers', { rootfs: { type: 'layers', diff_ids: null } }, 0],
    ['without the type of its rootfs', { rootfs: { diff_ids: [sha256(tar)] } }, 1],
    ['without os and architecture', { os: undefined, architecture: undefined }, 1],
    ['with unknown fields', { x: { y: 1 }, config: { Healthcheck: { Test: [] } } }, 1],
    ['with a shorter history', { history: [] }, 1],
    ['with a longer history', { history: [{}, {}, {}, { created: 'never' }] }, 1],
  ]
  test.each(configs)('%s is as good as any', (_, config, count) => {
    const root = rootWith({ tars: Array.from({ length: count }, () => tar), config })
    const { images, damaged } = listImages(root)
    expect([images.length, damaged]).toEqual([1, []])
    expect(historyOf(root, resolve(root, 'app:v1')).length).toBeGreaterThanOrEqual(count)
  })

  test('may have no list of layers in its manifest, but null', () => {
    const root = rootWith({ tars: [], manifest: { layers: null, annotations: null } })
    expect(resolve(root, 'app:v1').layers).toEqual([])
  })

  test.each(['', 'yesterday', '0001-01-01T00:00:00Z', '2024-13-45T99:00:00Z', '0'.repeat(500)])(
    'with the date %j is of no age',
    async (created) => {
      const root = scratch()
      const dated = putImage(root, { tars: [tar], config: { created, history: [{ created }] } })
      putIndex(root, { 'app:v1': dated, 'new:v1': putImage(root, { tars: [tar] }) })
      expect(listImages(root).images.map(({ repository }) => repository)).toEqual(['new', 'app'])
      expect(timeAgo(created)).toBe('N/A')
    },
  )
})

describe('an image that cannot be read', () => {
  const sha512 = `sha512:${'0'.repeat(128)}`
  const schema1 = { schemaVersion: 1, name: 'app', tag: 'v1', fsLayers: [], history: [] }
  const bad: [what: string, put: (root: string) => Descriptor, why: string][] = [
    [
      'of digests of another algorithm',
      () => ({ mediaType: mediaTypes.manifest, digest: sha512, size: 1 }),
      'has a digest that is not sha256',
    ],
    [
      'with a layer of such a digest',
      (root) => putImage(root, { tars: [tar], layer: { digest: sha512 } }),
      'has a digest that is not sha256',
    ],
    ['of schema 1', (root) => putBlob(root, mediaTypes.manifest, schema1), "in Docker's schema 1"],
    [
      'with an encrypted layer',
      (root) => {
        const layer = { mediaType: `${mediaTypes.layer}+encrypted` }
        return putImage(root, { tars: [tar], layer })
      },
      'has an encrypted layer',
    ],
    [
      'of fewer diff ids than layers',
      (root) => putImage(root, { tars: [tar], config: { rootfs: null } }),
      'has 0 diff ids for 1 layers',
    ],
    ['that is no JSON', (root) => putBlob(root, mediaTypes.manifest, tar), 'is not JSON'],
  ]
  for (const [what, put, why] of bad)
    test(`${what} is named once, is not called damaged, and goes with rmi`, async (context) => {
      needs(context, 'root')
      const root = scratch()
      const entry = put(root)
      putIndex(root, { 'app:v1': putImage(root, { tars: [] }), 'bad:v1': entry, 'bad:v2': entry })
      const { code, out, err } = await start(['images', '--format', 'json'], { root }).ended
      expect([code, (JSON.parse(out) as object[]).length]).toEqual([0, 1])
      expect(err.match(/cannot be used here/g)).toHaveLength(1)
      expect(err).toContain(why)
      expect(err).toContain('stepbox rmi bad:v1')
      expect(err).not.toContain('damaged')
      for (const name of ['bad:v1', 'bad:v2']) await removeImage(root, name, () => [])
      expect(readIndex(root).manifests).toHaveLength(1)
    })
})
