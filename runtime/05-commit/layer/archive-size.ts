/** The size that a layer will have when it is unpacked, from its archive. */
import { createHash } from 'node:crypto'
import { digestOf } from '../store/digest.ts'
import type { Layer } from '../store/image.ts'
import { readTar } from '../tar/read.ts'
import { tarOf } from './decompress.ts'

/** The bytes of a file, which may have several names. */
interface File {
  size: number
}

/**
 * The bytes of all files in a layer's archive, as `contentSize` counts them when it is unpacked: of
 * several entries of one name the last, and a file once for all its names. Undefined if the layer
 * cannot be read, or is not the one that its diffId names.
 */
export async function sizeOfArchive(root: string, layer: Layer): Promise<number | undefined> {
  const hash = createHash('sha256')
  const files = new Map<string, File>()
  async function* hashed() {
    for await (const chunk of tarOf(root, layer)) {
      hash.update(chunk)
      yield chunk
    }
  }
  try {
    for await (const { path, type, size, target } of readTar(hashed())) {
      const name = plain(path)
      if (type === 'file' && !/(^|\/)\.wh\./.test(name)) files.set(name, { size })
      else if (type === 'hardlink') files.set(name, files.get(plain(target)) ?? { size: 0 })
      else files.delete(name)
      if (files.size > mostFiles) return undefined
    }
  } catch {
    return undefined // ignoring why: whoever unpacks the layer is told
  }
  if (digestOf(hash) !== layer.diffId) return undefined
  return [...new Set(files.values())].reduce((total, file) => total + file.size, 0)
}

/** What is held in memory is bounded, as it is when a layer is unpacked. */
const mostFiles = 2 ** 21

/** `./a//b/` is `a/b`. */
function plain(path: string): string {
  return path.split('/').filter((name) => name !== '' && name !== '.').join('/')
}
