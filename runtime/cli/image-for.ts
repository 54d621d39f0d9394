/** Command line. IMAGE as each chapter understands it: none, a directory, a stack of layers. */
import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { RunOptions } from '../run.ts'
import { openStore, type Image, type Store } from '../store.ts'
import type { Input } from './main.ts'
import type { ImageConfig } from './request.ts'

export type ForImage = Pick<RunOptions, 'image' | 'layers' | 'rootfs'> & {
  /** The words after IMAGE. */
  command: string[]
  config: ImageConfig
}

/** Look IMAGE up, and unpack what of it is not unpacked. Throws when there is none of that name. */
export async function imageFor({ words, chapter, root }: Input): Promise<ForImage> {
  if (chapter.number < 3) return { command: words, config: {} }
  const [name = '', ...command] = words
  if (chapter.number === 3 && isPath(name))
    return { command, config: {}, rootfs: rootDirectory(name) }
  const store = openStore(root)
  const image = store.resolve(name)
  const config = image.config.config ?? {}
  if (chapter.number === 3) return { command, config, rootfs: await plainCopy(store, image, root) }
  const layers = await store.layerDirs(image)
  return { command, config, layers, image: useOf(image) }
}

export function useOf({ name, configDigest, manifestDigest, layers }: Image) {
  const diffIds = layers.map(({ diffId }) => diffId)
  return { name, id: configDigest, manifest: manifestDigest, diffIds }
}

function isPath(name: string): boolean {
  return name.startsWith('/') || name.startsWith('./') || name.startsWith('../') || name === '.'
}

function rootDirectory(name: string): string {
  const path = resolve(name)
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory())
    throw new Error(`no directory '${name}' to be a root file system`)
  return path
}

/**
 * Chapter 3 writes straight into its root file system, so it gets a copy of its own, kept from run to
 * run: what layers are for is the discovery of chapter 4.
 */
async function plainCopy(store: Store, image: Image, root: string): Promise<string> {
  const copy = join(root, 'rootfs', image.configDigest.replace(/^sha256:/, '').slice(0, 12))
  if (existsSync(copy)) return copy
  if (image.layers.length !== 1)
    throw new Error(`'${image.name}' has ${image.layers.length} layers: stacking comes in chapter 4`)
  mkdirSync(join(root, 'rootfs'), { recursive: true })
  const aside = `${copy}.${process.pid}`
  try {
    await store.unpackTo(image, 0, aside)
    renameSync(aside, copy)
  } catch (error) {
    if (!existsSync(copy)) throw error
  } finally {
    rmSync(aside, { recursive: true, force: true })
  }
  return copy
}
