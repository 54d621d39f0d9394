/** The size of a layer: the bytes of its files, each file counted once. */
import { existsSync, lstatSync } from 'node:fs'
import type { BigIntStats, PathLike } from 'node:fs'
import { makePlace } from '../../data-root.ts'
import { descend } from '../../descent.ts'
import { writeAside } from '../../durable.ts'
import { isMissing, readRegular, unlessMissing } from '../../files.ts'
import { entriesIn, inOpened } from '../../opened.ts'
import type { Layer } from './image.ts'
import { layerDir } from './store.ts'

/**
 * The bytes of all files under `dir`: the sum of st_size, with holes, and each file counted once
 * however many names it has. Directories and symlinks count 0, as in Docker.
 */
export function contentSize(dir: string): number {
  const linked = new Set<bigint>()
  let total = 0
  for (const stop of descend(dir)) {
    if (stop.failure && !isMissing(stop.failure)) throw stop.failure
    if (stop.left !== undefined) continue
    for (const entry of entriesIn(stop)) {
      if (entry.isDirectory()) stop.into.push(entry.name)
      const stat = entry.isFile() && statOf(inOpened(stop.fd, entry.name))
      if (!stat || (stat.nlink > 1n && linked.has(stat.ino))) continue
      if (stat.nlink > 1n) linked.add(stat.ino)
      total += Number(stat.size)
    }
  }
  return total
}

/** Undefined if the file has gone meanwhile. */
function statOf(path: PathLike): BigIntStats | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false })
}

/**
 * The content size of a layer in bytes, the same before it is unpacked and afterwards. It is
 * computed once and then kept in `layers/<hex>.size`; for a layer that another tool wrote and that
 * was never unpacked, by `measureLayers`. Without that it is 0.
 */
export function layerSize(root: string, { diffId }: Layer): number {
  const dir = layerDir(root, diffId)
  const kept = keptSize(`${dir}.size`) ?? measured.get(dir)
  if (kept !== undefined) return kept
  const size = unlessMissing(() => contentSize(dir))
  if (size !== undefined) keepSize(root, diffId, size)
  return size ?? 0
}

/** Sizes by the directory of the layer, also where nothing can be written. */
const measured = new Map<string, number>()

/**
 * Measure the layers that have no size yet and are not unpacked: their archives are read, and
 * nothing is unpacked. A layer that cannot be read has no size; `run` will say why.
 */
export async function measureLayers(
  root: string,
  layers: Layer[],
  onLayer: (done: number, count: number) => void = () => {},
): Promise<void> {
  const byDiffId = new Map(layers.map((layer) => [layer.diffId, layer]))
  const missing = [...byDiffId.values()].filter((layer) => !hasSize(root, layer))
  for (const [at, layer] of missing.entries()) {
    onLayer(at, missing.length)
    const { sizeOfArchive } = await import('../layer/archive-size.ts')
    const size = await sizeOfArchive(root, layer)
    if (size === undefined) continue
    measured.set(layerDir(root, layer.diffId), size)
    keepSize(root, layer.diffId, size)
  }
}

function hasSize(root: string, { diffId }: Layer): boolean {
  const dir = layerDir(root, diffId)
  return existsSync(dir) || measured.has(dir) || keptSize(`${dir}.size`) !== undefined
}

function keptSize(path: string): number | undefined {
  try {
    const kept = readRegular(path, 15) ?? ''
    return /^\d+$/.test(kept) ? Number(kept) : undefined
  } catch {
    return undefined // ignoring: it is computed again
  }
}

/** Keep the content size of a layer. If the file is lost, the size is computed again. */
export function keepSize(root: string, diffId: string, size: number): void {
  try {
    makePlace(root, 'layers')
    writeAside(makePlace(root, 'tmp'), `${layerDir(root, diffId)}.size`, String(size))
  } catch {
    // ignoring: images can be listed from a store that we cannot write to
  }
}
