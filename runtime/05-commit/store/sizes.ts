/** Chapter 5. How large a layer is: the bytes of its files, each file counted once. */
import { closeSync, openSync, readdirSync, readSync } from 'node:fs'
import { lstatSync, mkdirSync, writeFileSync, type Dirent } from 'node:fs'
import { blobPath } from './blobs.ts'
import { mediaTypes } from './oci.ts'
import { readIfThere, unlessMissing } from '../../files.ts'
import { layerDir, type Layer } from './store.ts'

/**
 * Bytes in the files under `dir`, as `ls -l` shows them: a hard link adds nothing, a hole counts.
 * What overlayfs or a tar would need beside is not counted, as Docker does not count it.
 */
export function contentSize(dir: string): number {
  const linked = new Set<number>()
  let total = 0
  const walk = (path: Buffer): void => {
    const entries: Dirent<Buffer>[] = readdirSync(path, { withFileTypes: true, encoding: 'buffer' })
    for (const entry of entries) {
      const child = Buffer.concat([path, slash, entry.name])
      if (entry.isDirectory()) walk(child)
      if (!entry.isFile()) continue
      const { ino, nlink, size } = lstatSync(child)
      if (nlink > 1 && linked.has(ino)) continue
      if (nlink > 1) linked.add(ino)
      total += size
    }
  }
  walk(Buffer.from(dir))
  return total
}

const slash = Buffer.from('/')

/**
 * The content size of a layer. It is found once, and kept beside the layer in `layers/<hex>.size`;
 * of a layer that another tool wrote and that was never unpacked, the size of its tar stands in
 * for it.
 */
export function layerSize(root: string, layer: Layer): number {
  const dir = layerDir(root, layer.diffId)
  const kept = readIfThere(`${dir}.size`) ?? ''
  if (/^\d{1,15}$/.test(kept)) return Number(kept)
  const size = unlessMissing(() => contentSize(dir))
  if (size === undefined) return tarSize(root, layer)
  keepSize(root, layer.diffId, size)
  return size
}

/** Remember the content size of a layer. Losing it costs only time. */
export function keepSize(root: string, diffId: string, size: number): void {
  try {
    mkdirSync(`${root}/layers`, { recursive: true, mode: 0o700 })
    writeFileSync(`${layerDir(root, diffId)}.size`, String(size))
  } catch {
    // ignoring: a store that cannot be written can still be listed
  }
}

/**
 * As long as the blob, or, modulo 4 GiB, as the last four bytes of a gzip stream say (RFC 1952).
 */
function tarSize(root: string, { mediaType, digest, size }: Layer): number {
  if (mediaType === mediaTypes.layer || size < 4) return size
  const fd = unlessMissing(() => openSync(blobPath(root, digest), 'r'))
  if (fd === undefined) return 0
  const bytes = Buffer.alloc(4)
  readSync(fd, bytes, 0, 4, size - 4)
  closeSync(fd)
  return bytes.readUInt32LE()
}
