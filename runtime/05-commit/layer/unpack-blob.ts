/** Unpacks a layer's blob into its directory and verifies it: size, digest, diffId. */
import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, renameSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { closeInherited } from '../../01-namespaces/namespaces.ts'
import { firstFd } from '../../descriptors.ts'
import { NativeFailure } from '../../native-failure.ts'
import { perform } from '../../native.ts'
import { removeTree } from '../../remove-tree.ts'
import { errnoOf, inWords, makeStaging } from '../../staging.ts'
import { stepOf } from '../../step.ts'
import { clearStaging } from '../../trash.ts'
import { CannotRead, verifyBlob } from '../store/blobs.ts'
import { digestOf, hexOf, shown } from '../store/digest.ts'
import { wordFor } from '../store/entry-names.ts'
import { DamagedImage } from '../store/image-errors.ts'
import type { Image, Layer } from '../store/image.ts'
import { layerDir } from '../store/store.ts'
import type { Growth } from './blob.ts'
import { tarOf } from './decompress.ts'
import { FileError } from './sender.ts'
import { unpackLayer } from './unpack.ts'

const step = stepOf(5)

/** A layer of an image, and how large it may be when unpacked. */
export interface LayerOf {
  image: Image
  layer: Layer
  limit?: Growth
  /** Called with a line for each attribute that the file system cannot hold. */
  warn?: ((text: string) => void) | undefined
}

/**
 * Unpack one layer of `image` into `layers/`. The blob's size and digest are verified before the
 * first byte is unpacked, and the diffId afterwards. Unpacking happens in `tmp/`; the directory
 * gets its name in `layers/` when it is complete and synced, so a layer that is there is whole,
 * even after a power cut. Several processes may unpack the same layer at once.
 *
 * Throws DamagedImage if the blob is wrong, and the system's error if the disk is full or fails.
 */
export async function unpackBlob(root: string, layerOf: LayerOf): Promise<void> {
  await unpackTo(root, layerOf, layerDir(root, layerOf.layer.diffId))
}

/** Unpack one layer of `image` as the directory `place`: whole, or not at all. */
export async function unpackTo(
  root: string,
  layerOf: LayerOf,
  place: string,
): Promise<void> {
  const { layer, limit, warn = () => {} } = layerOf
  const staging = makeStaging(root)
  try {
    await clearStaging(root)
    const dir = join(staging, 'layer')
    const unheld = await unpackVerified(root, layer, { dir, limit })
    await syncAround(staging)
    mkdirSync(dirname(place), { recursive: true, mode: 0o700 })
    putLayer(dir, place)
    for (const [name, { path, errno, count }] of unheld) {
      const files = count > 1 ? `${shown(path)} and ${count - 1} others` : shown(path)
      warn(`${layerInWords(layerOf)}: ${shown(name)} of ${files} left out: ${errno}`)
    }
  } catch (error) {
    throw explained(error, root, layerOf)
  } finally {
    await removeTree(staging)
  }
}

/**
 * Verify that a layer's blob would unpack to its diffId, without unpacking it: another blob may
 * have been unpacked to the directory of that name. Throws DamagedImage.
 */
export async function verifyLayer(root: string, { image, layer, limit }: LayerOf): Promise<void> {
  try {
    await verifyBlob(root, layer)
    const hash = createHash('sha256')
    for await (const chunk of tarOf(root, layer, limit)) hash.update(chunk)
    compareDiffIds(digestOf(hash), layer)
  } catch (error) {
    throw explained(error, root, { image, layer })
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
  chmodSync(dir, 0o755) // for an archive without an entry for it; mkdir(2) applies the umask
  const made = await unpackLayer(tarOf(root, layer, limit), dir).catch((cause: Error) => {
    throw isOfMachine(cause) ? cause : new Error(`cannot be unpacked: ${cause.message}`, { cause })
  })
  compareDiffIds(made.diffId, layer)
  return made.unheld
}

function compareDiffIds(found: string, { diffId }: Layer): void {
  if (found !== diffId) throw new Error(`unpacks to ${found}, not to ${diffId}`)
}

/** Whether it was a call that failed, or the native program: no fault of the image. */
function isOfMachine(error: unknown): boolean {
  const isOurs = [NativeFailure, CannotRead, FileError].some((each) => error instanceof each)
  return isOurs || errnoOf(error) !== undefined
}

/** What the system says as it is; anything else is damage of the image. */
function explained(error: unknown, root: string, layerOf: LayerOf): unknown {
  const { image, layer } = layerOf
  const place = layerInWords(layerOf)
  if (error instanceof FileError) {
    const { path, cause } = error
    const where = path === '' ? place : `${place}, file ${shown(path)}`
    const [call = ''] = cause.message.split('\n')
    const full = inWords(cause, root)
    const text = full === cause ? `${where}\n  ${call}` : `${(full as Error).message}\n  ${where}`
    return new Error(text, { cause })
  }
  if (isOfMachine(error)) return inWords(error, root)
  const word = wordFor(image.entry, image.name)
  const what = image.layers.length > 1 ? place.split(' (')[0] ?? '' : 'layer'
  return new DamagedImage(word, { what, blob: layer }, error)
}

/** `layer 2 of 3 (0123456789ab) of image 'app:v1'` */
function layerInWords({ image, layer }: LayerOf): string {
  const at = image.layers.indexOf(layer) + 1
  const digits = hexOf(layer.digest).slice(0, 12)
  return `layer ${at} of ${image.layers.length} (${digits}) of image '${shown(image.name)}'`
}

/** Sync the file system that holds `dir` (syncfs(2)). */
export async function syncAround(dir: string): Promise<void> {
  await perform([
    ...closeInherited(),
    step(['open', dir, ['O_RDONLY', 'O_CLOEXEC'], 0], 'syncfs takes a descriptor'),
    step(['syncfs', firstFd], 'unsynced, a power cut would leave incomplete files unnoticed'),
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
