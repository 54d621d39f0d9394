/** Chapter 5. An archive from a stranger becomes a layer, in a place that it cannot leave. */
import { createHash, type Hash } from 'node:crypto'
import { batches } from '../../04-overlay/batches.ts'
import { attributes, closed, enter, written } from './files.ts'
import { layerTree } from './tree.ts'
import type { Step } from '../../step.ts'
import { readTar, type TarEntry } from '../tar/read.ts'

/**
 * Unpack a layer's tar archive into `dir`, an empty directory, so that it can be a lower of an
 * overlay: with whiteouts as overlayfs has them. Gives the layer's diff id, which is the digest of
 * all of `chunks` and for the caller to compare, and how many entries there were.
 *
 * A native program makes the calls, with `dir` as its root. Throws on an archive that is damaged or
 * wants what no image may (tar-read.ts, layer-tree.ts), and a StepError when the kernel refuses;
 * `dir` then holds a part of the layer.
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

interface Sender {
  /** When there is something to wait for, it resolves once there is room for more. */
  add(steps: Step[], bytes?: number): Promise<void> | undefined
  /** Resolves when all calls were made. */
  all(): Promise<void>
  end(): Promise<void>
}

/**
 * A batch is sent when it has this many steps, or bytes in them; and so many batches ahead at most.
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
    made.catch(() => {}) // ignoring: it is awaited later, and rejects then
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
