/** Tests: a layer is unpacked when everything about it is as it says, or not at all. */
import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { deflateRawSync, gunzipSync, gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { layerDirs } from '../../runtime/05-commit/layer/dirs.ts'
import { mediaTypes } from '../../runtime/05-commit/store/oci.ts'
import { keepSize } from '../../runtime/05-commit/store/sizes.ts'
import { layerDir, resolve } from '../../runtime/05-commit/store/store.ts'
import { unpackBlob } from '../../runtime/05-commit/layer/unpack-blob.ts'
import { needs } from '../../test/scratch.ts'
import { blobFile, putImage, putIndex, rootWith, sha256, tarOf, type Parts } from './handmade.ts'

const tar = tarOf({ 'etc/': '', 'etc/motd': 'hello\n' })

test('a layer is unpacked once, in a place named by its diff id', async (context) => {
  needs(context, 'root')
  const root = rootWith({ tars: [tar] })
  const image = resolve(root, 'app:v1')
  const dirs = await layerDirs(root, image)
  expect(dirs).toEqual([layerDir(root, sha256(tar))])
  expect(readFileSync(join(dirs[0] ?? '', 'etc/motd'), 'utf8')).toBe('hello\n')
  unlinkSync(blobFile(root, image.layers[0]?.digest ?? ''))
  expect(await layerDirs(root, image)).toEqual(dirs)
  expect(readdirSync(join(root, 'tmp'))).toEqual([])
})

function directoriesIn(dir: string): string[] {
  const all = readdirSync(dir, { withFileTypes: true })
  return all.filter((entry) => entry.isDirectory()).map(({ name }) => name)
}

test('a layer may be unpacked by several at once', async (context) => {
  needs(context, 'root')
  const root = rootWith({ tars: [tar] })
  const image = resolve(root, 'app:v1')
  const all = await Promise.all([1, 2, 3, 4].map(() => layerDirs(root, image)))
  expect(new Set(all.flat())).toEqual(new Set([layerDir(root, sha256(tar))]))
  expect(directoriesIn(join(root, 'layers'))).toEqual([basename(all[0]?.[0] ?? '')])
  expect(readdirSync(join(root, 'tmp'))).toEqual([])
})

test('a blob is verified even if a layer of its diff id is unpacked', async (context) => {
  needs(context, 'root')
  const root = rootWith({ tars: [tar] })
  const other = gzipSync(tarOf({ 'etc/': '', 'etc/motd': 'other\n' }))
  const images = {
    'app:v1': resolve(root, 'app:v1').manifest,
    'other:v1': putImage(root, { tars: [tar], compress: () => other }),
    'same:v1': putImage(root, { tars: [tar], compress: (bytes) => gzipSync(bytes, { level: 1 }) }),
    'lost:v1': putImage(root, { tars: [tar], layer: { digest: sha256('lost') } }),
  }
  putIndex(root, images)
  const dirsOf = (name: string) => layerDirs(root, resolve(root, name))
  const dirs = await dirsOf('app:v1')
  expect(await dirsOf('same:v1')).toEqual(dirs)
  await expect(dirsOf('other:v1')).rejects.toThrow(`unpacks to ${sha256(gunzipSync(other))}, not`)
  await expect(dirsOf('lost:v1')).rejects.toThrow(/^image 'lost:v1' is damaged\n.* is missing\n/)
})

test('layers are given topmost first, and each once, in its upper place', async (context) => {
  needs(context, 'root')
  const [a, b, c] = [tarOf({ a: '1' }), tarOf({ b: '2' }), tarOf({ c: '3' })]
  const root = rootWith({ tars: [a, b, a, c] })
  const dirs = await layerDirs(root, resolve(root, 'app:v1'))
  expect(dirs).toEqual([c, a, b].map((tar) => layerDir(root, sha256(tar))))
})

test('a layer of an image that was removed meanwhile is not given', async () => {
  const root = rootWith({ tars: [tar] })
  const image = resolve(root, 'app:v1')
  putIndex(root, {})
  await expect(layerDirs(root, image)).rejects.toThrow('was removed a moment ago')
})

test('a layer that is not compressed is a layer as well', async (context) => {
  needs(context, 'root')
  const plain = { compress: (bytes: Buffer) => bytes, layer: { mediaType: mediaTypes.layer } }
  const root = rootWith({ tars: [tar], ...plain })
  const [dir = ''] = await layerDirs(root, resolve(root, 'app:v1'))
  expect(existsSync(join(dir, 'etc/motd'))).toBe(true)
})

const gzip = gzipSync(tar)
const wrongs: [what: string, wrong: Partial<Parts>, why: string][] = [
  ['with another diff id', { config: { rootfs: ofDiffId(sha256('')) } }, 'unpacks to sha256:'],
  ['that is cut short', { compress: () => gzip.subarray(0, -9) }, 'unexpected end of file'],
  ['that is no archive', { compress: () => Buffer.from('no gzip') }, 'it is cut off'],
  ['that is empty', { compress: () => Buffer.alloc(0) }, 'unpacks to sha256:'],
  ['in xz', { compress: () => Buffer.from('\xfd7zXZ\0 and more', 'latin1') }, 'compressed with xz'],
  ['followed by rubbish', { compress: () => followedBy(Buffer.from('rubbish')) }, 'incorrect'],
  ['with a wrong checksum', { compress: () => withOtherChecksum() }, 'incorrect data check'],
]

function ofDiffId(diffId: string): object {
  return { type: 'layers', diff_ids: [diffId] }
}

function followedBy(more: Buffer): Buffer {
  return Buffer.concat([gzip, more])
}

function withOtherChecksum(): Buffer {
  const trailer = Buffer.from(gzip.subarray(-8))
  return Buffer.concat([gzip.subarray(0, 10), deflateRawSync(tar), trailer.fill(0, 0, 4)])
}

test.each(wrongs)('a layer %s is refused, and nothing of it is left', async (_, wrong, why) => {
  const root = rootWith({ tars: [tar], ...wrong })
  const unpack = async () => layerDirs(root, resolve(root, 'app:v1'))
  await expect(unpack).rejects.toThrow(why)
  await expect(unpack).rejects.toThrow(`image 'app:v1' is damaged`)
  expect(existsSync(layerDir(root, sha256(tar)))).toBe(false)
  expect(existsSync(join(root, 'tmp')) ? readdirSync(join(root, 'tmp')) : []).toEqual([])
})

test('a layer whose blob was changed is not unpacked at all', async () => {
  const root = rootWith({ tars: [tar] })
  const image = resolve(root, 'app:v1')
  const { digest = '' } = image.layers[0] ?? {}
  const bytes = readFileSync(blobFile(root, digest))
  writeFileSync(blobFile(root, digest), bytes.fill(1, 12, 13))
  const why = `layer ${digest} does not have the content that its digest names`
  await expect(layerDirs(root, image)).rejects.toThrow(why)
  appendFileSync(blobFile(root, digest), 'x')
  await expect(layerDirs(root, image)).rejects.toThrow(`is ${bytes.length + 1} bytes long`)
})

test('a layer that grows without end is stopped at its limit', async (context) => {
  needs(context, 'root')
  const bomb = tarOf({ zeros: '0'.repeat(2 ** 24) })
  const root = rootWith({ tars: [bomb] })
  const image = resolve(root, 'app:v1')
  const [layer] = image.layers
  if (!layer) throw new Error('no layer')
  const unpack = unpackBlob(root, { image, layer, limit: { floor: 2 ** 20, ratio: 2 } })
  await expect(unpack).rejects.toThrow(`cannot be unpacked: it grows to more than ${2 ** 20} bytes`)
  expect(readdirSync(join(root, 'tmp'))).toEqual([])
  await unpackBlob(root, { image, layer })
  expect(existsSync(layerDir(root, sha256(bomb)))).toBe(true)
})

test('what is kept beside layers is a file, and never the target of a link', async (context) => {
  needs(context, 'root')
  const root = rootWith({ tars: [tar] })
  const image = resolve(root, 'app:v1')
  const [dir = ''] = await layerDirs(root, image)
  const target = join(root, 'target')
  for (const name of readdirSync(join(root, 'layers')).filter((each) => each.includes('.'))) {
    unlinkSync(join(root, 'layers', name))
    symlinkSync(target, join(root, 'layers', name))
  }
  await layerDirs(root, image)
  keepSize(root, sha256(tar), 7)
  expect(existsSync(target)).toBe(false)
  expect(readFileSync(`${dir}.size`, 'utf8')).toBe('7')
})

test('an image has no more layers than an overlay takes', async (context) => {
  needs(context, 'root')
  const root = rootWith({ tars: [tar] })
  const image = resolve(root, 'app:v1')
  const layers = Array.from({ length: 500 }, () => image.layers[0] as (typeof image.layers)[0])
  await expect(layerDirs(root, { ...image, layers })).rejects.toThrow('has 500 layers; at most 499')
})
