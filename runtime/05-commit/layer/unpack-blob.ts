/** Chapter 5. From a layer's blob to its directory, believing nothing on the way. */
import {
closeSync,
createReadStream,
mkdirSync,
openSync,
readSync,
renameSync,
rmSync,
} from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { blobPath, verifyBlob } from '../store/blobs.ts'
import { mostUnpacked, type Growth } from './blob.ts'
import { closeInherited } from '../../01-namespaces/namespaces.ts'
import { perform } from '../../native.ts'
import { mediaTypes } from '../store/oci.ts'
import { clearStaging, errnoOf, inWords, makeStaging } from '../../staging.ts'
import { firstFd } from '../../descriptors.ts'
import { stepOf } from '../../step.ts'
import { DamagedImage, layerDir, type Image, type Layer } from '../store/store.ts'
import { unpackLayer } from './unpack.ts'

const step = stepOf(5)

export interface LayerOf {
  image: Image
  layer: Layer
  /** How much it may grow to. */
  limit?: Growth
}

/**
 * Unpack one layer of `image` into its place in `layers/`. The blob's size and digest are checked
 * before the first byte is unpacked, its diff id afterwards; all of it happens in `tmp/`, and the
 * directory appears under its own name complete, and on the disk. Several processes may do the
 * same at once.
 */
export async function unpackBlob(
  root: string,
  { image, layer, limit }: LayerOf,
): Promise<void> {
  const staging = makeStaging(root)
  try {
    clearStaging(root)
    const dir = join(staging, 'layer')
    await unpackVerified(root, layer, { dir, limit })
    await sync(staging)
    mkdirSync(join(root, 'layers'), { recursive: true, mode: 0o700 })
    putLayer(dir, layerDir(root, layer.diffId))
  } catch (error) {
    if (errnoOf(error)) throw inWords(error, root)
    throw new DamagedImage(image.name, { what: 'layer', blob: layer }, error)
  } finally {
    rmSync(staging, { recursive: true, force: true })
  }
}

interface Destination {
  dir: string
  limit: Growth | undefined
}

async function unpackVerified(root: string, layer: Layer, { dir, limit }: Destination) {
  await verifyBlob(root, layer)
  mkdirSync(dir)
  const { diffId } = await unpackLayer(tarOf(root, layer, limit), dir).catch((cause: Error) => {
    throw errnoOf(cause) ? cause : new Error(`cannot be unpacked: ${cause.message}`, { cause })
  })
  if (diffId !== layer.diffId) throw new Error(`unpacks to ${diffId}, not to ${layer.diffId}`)
}

/** The tar that a verified blob holds, in chunks; throws in the middle when something is wrong. */
async function* tarOf(root: string, layer: Layer, limit?: Growth): AsyncGenerator<Uint8Array> {
  const { mediaType, digest, size } = layer
  const path = blobPath(root, digest)
  const blob = createReadStream(path, { end: size, highWaterMark: 2 ** 18 })
  if (mediaType === mediaTypes.layer) return yield* blob
  const most = mostUnpacked(size, limit)
  const gunzip = createGunzip({ chunkSize: 2 ** 18 })
  pipeline(blob, gunzip, () => {}) // ignoring: the error comes out of gunzip too
  let total = 0
  for await (const chunk of gunzip as AsyncIterable<Buffer>) {
    total += chunk.length
    if (total > most) throw new Error(`it grows to more than ${most} bytes`)
    yield chunk
  }
  if (gunzip.bytesWritten !== size || lastNumber(path, size) !== total % 2 ** 32)
    throw new Error('it holds more than one gzip stream')
}

/**
 * The last four bytes of a gzip stream are the length of what it holds (RFC 1952). Where a second
 * one follows, or zeros, which Node's gunzip accepts, the number is not the sum.
 */
function lastNumber(path: string, size: number): number {
  const fd = openSync(path, 'r')
  const bytes = Buffer.alloc(4)
  readSync(fd, bytes, 0, 4, size - 4)
  closeSync(fd)
  return bytes.readUInt32LE()
}

async function sync(dir: string): Promise<void> {
  await perform([
    ...closeInherited(),
    step(['open', dir, ['O_RDONLY', 'O_CLOEXEC'], 0], 'syncfs wants a descriptor'),
    step(
      ['syncfs', firstFd],
      'a layer that a power cut left half on the disk would not be noticed',
    ),
  ])
}

/** Another process may have put the same layer there meanwhile; then its directory stays. */
function putLayer(dir: string, place: string): void {
  try {
    renameSync(dir, place)
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST'].includes(errnoOf(error) ?? '')) throw error
  }
}
