/** Unpacks an untrusted archive as a layer, in a directory that it cannot leave. */
import { createHash, type Hash } from 'node:crypto'
import { batches } from '../../04-overlay/batches.ts'
import type { Step } from '../../step.ts'
import { readTar, type TarEntry } from '../tar/read.ts'
import { attributes, closed, enter, written } from './files.ts'
import { layerTree } from './tree.ts'

/**
 * Unpack a layer's tar archive into `dir`, an empty directory, in the form of an overlay's lower
 * directory: the whiteouts of the archive become those of overlayfs. Gives the layer's diffId, the
 * digest of all of `chunks`, for the caller to compare; and the number of entries.
 *
 * The native program makes the calls, with `dir` as its root. Throws if the archive is damaged
 * (tar/read.ts) or breaks the rules for layers (tree.ts), and a StepError if a call fails; `dir`
 * then has a part of the layer.
 */
export async function unpackLayer(
  chunks: AsyncIterable<Uint8Array>,
  dir: string,
): Promise<{ diffId: string; entries: number }> {
  const hash = createHash('sha256')
  const calls = sender(enter(dir))
  const tree = layerTree()
  let entries = 0
  try {
    for await (const entry of readTar(hashed(chunks, hash))) {
      const { steps, openPath } = tree.place(entry)
      await calls.add(steps)
      if (openPath !== undefined) await write(calls, openPath, entry)
      entries++
    }
    for (const steps of tree.finish()) await calls.add(steps)
    await calls.all()
  } finally {
    await calls.end()
  }
  return { diffId: `sha256:${hash.digest('hex')}`, entries }
}

async function write(calls: Sender, path: string, entry: TarEntry): Promise<void> {
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

/** Sends calls to the native program in batches. */
interface Sender {
  /**
   * Add calls, with `bytes` of data in them. A promise that it gives resolves when there is room.
   */
  add(steps: Step[], bytes?: number): Promise<void> | undefined
  /** Resolves when all calls have been made. */
  all(): Promise<void>
  end(): Promise<void>
}

/**
 * A batch is sent when it has this many steps or bytes. At most this many batches are under way, so
 * that the memory used does not grow with the layer.
 */
const most = { steps: 2048, bytes: 2 ** 20, batches: 4 }

function sender(first: Step[]): Sender {
  const program = batches(first)
  const underWay: Promise<unknown>[] = []
  let batch: Step[] = []
  let size = 0
  const settle = async (keep: number) => {
    while (underWay.length > keep) await underWay.shift()
  }
  const flush = () => {
    const made = program.make(batch)
    made.catch(() => {}) // ignoring: `settle` awaits the same promise and throws
    underWay.push(made)
    batch = []
    size = 0
  }
  const add = (steps: Step[], bytes = 0) => {
    batch.push(...steps)
    size += bytes
    if (batch.length < most.steps && size < most.bytes) return undefined
    flush()
    return settle(most.batches)
  }
  const all = () => {
    flush()
    return settle(0)
  }
  return { add, all, end: program.end }
}
