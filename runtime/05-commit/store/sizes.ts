/** The size of a layer: the bytes of its files, each file counted once. */
import { lstatSync, mkdirSync, readdirSync, writeFileSync, type Dirent } from 'node:fs'
import { readIfThere, unlessMissing } from '../../files.ts'
import { blobPath, gzipLength } from './blobs.ts'
import { mediaTypes } from './oci.ts'
import { layerDir, type Layer } from './store.ts'

/**
 * The bytes of all files under `dir`: the sum of st_size, with holes, and each file counted once
 * however many names it has. Directories and symlinks count 0, as in Docker.
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
 * The content size of a layer in bytes. It is computed once and then kept in `layers/<hex>.size`.
 * For a layer that another tool wrote and that was never unpacked, it is the size of the tar.
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

/** Keep the content size of a layer. If the file is lost, the size is computed again. */
export function keepSize(root: string, diffId: string, size: number): void {
  try {
    mkdirSync(`${root}/layers`, { recursive: true, mode: 0o700 })
    writeFileSync(`${layerDir(root, diffId)}.size`, String(size))
  } catch {
    // ignoring: images can be listed from a store that we cannot write to
  }
}

/** The size of the tar in a blob, modulo 4 GiB if it is compressed; 0 if the blob is missing. */
function tarSize(root: string, { mediaType, digest, size }: Layer): number {
  if (mediaType === mediaTypes.layer || size < 4) return size
  return unlessMissing(() => gzipLength(blobPath(root, digest), size)) ?? 0
}
