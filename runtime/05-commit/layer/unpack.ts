/** Unpacks an untrusted archive as a layer, in a directory that it cannot leave. */
import { createHash, type Hash } from 'node:crypto'
import { batches } from '../../04-overlay/batches.ts'
import type { Step } from '../../step.ts'
import { shown } from '../store/digest.ts'
import { readTar, type TarEntry } from '../tar/read.ts'
import { damaged } from '../tar/tar.ts'
import { attributes, closed, enter, extended, newFile, wholeFile, written } from './files.ts'
import type { Bounds } from './names.ts'
import { sender, type Sender, type Unheld } from './sender.ts'
import { layerTree } from './tree.ts'

/**
 * Unpack a layer's tar archive into `dir`, an empty directory, in the form of an overlay's lower
 * directory: the whiteouts of the archive become those of overlayfs. Gives the layer's diffId, the
 * digest of all of `chunks`, for the caller to compare; the number of entries; and the attributes
 * that this file system cannot hold, which are left out.
 *
 * The native program makes the calls, with `dir` as its root. Throws if the archive is damaged
 * (tar/read.ts) or breaks the rules for layers (tree.ts), and a FileError if a call fails; `dir`
 * then has a part of the layer.
 */
export async function unpackLayer(
  chunks: AsyncIterable<Uint8Array>,
  dir: string,
  most?: Bounds,
): Promise<{ diffId: string; entries: number; unheld: Unheld }> {
  const hash = createHash('sha256')
  const calls = sender(batches(enter(dir)))
  const tree = layerTree(most)
  let entries = 0
  try {
    for await (const entry of readTar(hashed(chunks, hash))) {
      calls.file = entry.path
      const { clearing = [], steps, filePath } = tree.place(entry)
      for (const some of clearing) await calls.add(some)
      if (filePath === undefined) await calls.add(steps)
      else if (!entry.whole) await write(calls, filePath, { steps, entry })
      else {
        const making = [...wholeFile(filePath, entry, entry.whole), ...extended(filePath, entry)]
        const full = calls.add([...steps, ...making], entry.whole.length)
        if (full) await full // a promise for each small file would cost more than its calls
      }
      entries++
    }
    for (const steps of tree.finish()) await calls.add(steps)
    const unheld = await calls.all()
    return { diffId: `sha256:${hash.digest('hex')}`, entries, unheld }
  } catch (error) {
    throw located(error, calls.file)
  } finally {
    await calls.end()
  }
}

/** An error about the archive, with the file at which it came, unless it names that. */
function located(error: unknown, path: string): unknown {
  const isOurs = error instanceof Error && error.message.startsWith(damaged('').message)
  if (!isOurs || path === '' || error.message.includes(path)) return error
  return new Error(`${error.message} (at ${shown(path)})`, { cause: error })
}

async function write(
  calls: Sender,
  path: string,
  { steps, entry }: { steps: Step[]; entry: TarEntry },
): Promise<void> {
  await calls.add([...steps, ...newFile(path, entry)])
  let end = 0
  for await (const piece of entry.content) {
    await calls.add(written(piece), piece.data.length)
    end = piece.offset + piece.data.length
  }
  await calls.add([...closed(entry, end), ...attributes(path, entry)])
}

async function* hashed(chunks: AsyncIterable<Uint8Array>, hash: Hash) {
  for await (const chunk of chunks) {
    hash.update(chunk)
    yield chunk
  }
}
