/** Makes the image busybox:latest, with the same digests on every machine. */
import { readFileSync } from 'node:fs'
import { busyboxRoot, readBusybox, type RootFile } from '../03-pivot-root/busybox.ts'
import { removeTree } from '../remove-tree.ts'
import { inWords } from '../staging.ts'
import { stageLayer } from './layer/blob.ts'
import { verifyBlob } from './store/blobs.ts'
import { digest } from './store/digest.ts'
import { mediaTypes, type ImageConfig } from './store/oci.ts'
import { makeBlobStaging, publish, stageDocument } from './store/publish.ts'
import type { Image } from './store/image.ts'
import { resolve } from './store/store.ts'
import { paddingOf, type Entry } from './tar/tar.ts'
import { tarEnd, tarHeader } from './tar/write.ts'

const name = 'busybox:latest'
const created = '1970-01-01T00:00:00Z'
const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/**
 * Make `busybox:latest` from the static busybox at `binary`, with the root file system of chapter
 * 3. Gives the image. Does nothing if the image exists, is undamaged and was made from the same
 * binary.
 *
 * The layer is not compressed: zlib's output differs between its versions and between processors,
 * so the image's digest would differ too. All times are 0 for the same reason.
 */
export async function importBusybox(root: string, binary: string): Promise<Image> {
  const created_by = `busybox ${digest(readFileSync(binary))}`
  const present = await intact(root, created_by)
  if (present) return present
  const busybox = await readBusybox(binary)
  const staging = makeBlobStaging(root)
  try {
    const tar = tarOf(busyboxRoot(busybox))
    const { layer, diffId } = await stageLayer(staging, tar, { isCompressed: false })
    const content: ImageConfig = {
      created,
      architecture: busybox.architecture,
      os: 'linux',
      config: { Env: [path], Cmd: ['sh'] },
      rootfs: { type: 'layers', diff_ids: [diffId] },
      history: [{ created, created_by }],
    }
    const config = stageDocument(staging, mediaTypes.config, content)
    const manifest = { schemaVersion: 2 as const, mediaType: mediaTypes.manifest, config }
    await publish(root, staging, { name, manifest: { ...manifest, layers: [layer] } })
    return resolve(root, name)
  } catch (error) {
    throw inWords(error, root)
  } finally {
    await removeTree(staging)
  }
}

/** The image if it was made from this binary and its layer is undamaged. */
async function intact(root: string, createdBy: string): Promise<Image | undefined> {
  try {
    const image = resolve(root, name)
    if (image.config.history?.[0]?.created_by !== createdBy || image.layers.length !== 1) return
    for (const layer of image.layers) await verifyBlob(root, layer)
    return image
  } catch {
    return undefined // ignoring: a missing or damaged image is made again
  }
}

/** The root file system as a tar archive. */
async function* tarOf(files: RootFile[]): AsyncGenerator<Uint8Array> {
  for (const file of files) {
    const content = file.type === 'file' ? file.content : Buffer.alloc(0)
    const entry: Entry = {
      path: file.path,
      type: file.type,
      mode: file.type === 'symlink' ? 0o777 : file.mode,
      uid: 0,
      gid: 0,
      size: content.length,
      mtimeNs: 0n,
      target: file.type === 'symlink' ? file.target : '',
      device: { major: 0, minor: 0 },
      xattrs: [],
    }
    yield tarHeader(entry)
    yield content
    yield Buffer.alloc(paddingOf(content.length))
  }
  yield tarEnd
}
