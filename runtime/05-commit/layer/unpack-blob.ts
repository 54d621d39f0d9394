/** Unpacks a layer's blob into its directory and verifies it: size, digest, diffId. */
import { createReadStream, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { closeInherited } from '../../01-namespaces/namespaces.ts'
import { firstFd } from '../../descriptors.ts'
import { perform } from '../../native.ts'
import { clearStaging, errnoOf, inWords, makeStaging } from '../../staging.ts'
import { stepOf } from '../../step.ts'
import { blobPath, gzipLength, verifyBlob } from '../store/blobs.ts'
import { mediaTypes } from '../store/oci.ts'
import { DamagedImage, layerDir, type Image, type Layer } from '../store/store.ts'
import { mostUnpacked, type Growth } from './blob.ts'
import { unpackLayer } from './unpack.ts'

const step = stepOf(5)

/** A layer of an image, and how large it may be when unpacked. */
export interface LayerOf {
  image: Image
  layer: Layer
  limit?: Growth
}

/**
 * Unpack one layer of `image` into `layers/`. The blob's size and digest are verified before the
 * first byte is unpacked, and the diffId afterwards. Unpacking happens in `tmp/`; the directory
 * gets its name in `layers/` when it is complete and synced, so a layer that is there is whole,
 * even after a power cut. Several processes may unpack the same layer at once.
 *
 * Throws DamagedImage if the blob is wrong, and the system's error if the disk is full or fails.
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

/** Unpack a layer into `dir`; throws if its size, digest or diffId is wrong. */
async function unpackVerified(root: string, layer: Layer, { dir, limit }: Destination) {
  await verifyBlob(root, layer)
  mkdirSync(dir)
  const { diffId } = await unpackLayer(tarOf(root, layer, limit), dir).catch((cause: Error) => {
    throw errnoOf(cause) ? cause : new Error(`cannot be unpacked: ${cause.message}`, { cause })
  })
  if (diffId !== layer.diffId) throw new Error(`unpacks to ${diffId}, not to ${layer.diffId}`)
}

/**
 * The tar archive in a verified blob, in chunks. Throws at the point where it is too large or not
 * valid gzip: the digest proves which blob it is, not that its content is harmless.
 */
async function* tarOf(root: string, layer: Layer, limit?: Growth): AsyncGenerator<Uint8Array> {
  const { mediaType, digest, size } = layer
  const path = blobPath(root, digest)
  const blob = createReadStream(path, { end: size, highWaterMark: 2 ** 18 })
  if (mediaType === mediaTypes.layer) return yield* blob
  const most = mostUnpacked(size, limit)
  const gunzip = createGunzip({ chunkSize: 2 ** 18 })
  pipeline(blob, gunzip, () => {}) // ignoring: reading from gunzip throws the same error
  let total = 0
  for await (const chunk of gunzip as AsyncIterable<Buffer>) {
    total += chunk.length
    if (total > most) throw new Error(`it grows to more than ${most} bytes`)
    yield chunk
  }
  // After a second stream, or zeros, which Node's gunzip accepts, the length is not the total.
  if (gunzip.bytesWritten !== size || gzipLength(path, size) !== total % 2 ** 32)
    throw new Error('it holds more than one gzip stream')
}

async function sync(dir: string): Promise<void> {
  await perform([
    ...closeInherited(),
    step(['open', dir, ['O_RDONLY', 'O_CLOEXEC'], 0], 'syncfs takes a descriptor'),
    step(['syncfs', firstFd], 'unsynced, a power cut would leave an incomplete layer unnoticed'),
  ])
}

/** Rename `dir` to `place`. If another process was faster, its directory stays: it is the same. */
function putLayer(dir: string, place: string): void {
  try {
    renameSync(dir, place)
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST'].includes(errnoOf(error) ?? '')) throw error
  }
}
