/** Command line. IMAGE as each chapter understands it: none, a directory, a stack of layers. */
import { cpSync, existsSync, mkdirSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs'
import { join, resolve as absolute } from 'node:path'
import type { ImageUse } from '../container/containers.ts'
import { layerDirs } from '../05-commit/layer/dirs.ts'
import type { RunOptions } from '../container/run.ts'
import { resolve, type Image } from '../05-commit/store/store.ts'
import type { Input } from './main.ts'
import type { ImageConfig } from './request.ts'

export type ForImage = Pick<RunOptions, 'image' | 'layers' | 'rootfs'> & {
  /** The words after IMAGE. */
  command: string[]
  config: ImageConfig
}

/** Look IMAGE up. Throws when there is none of that name. */
export async function imageFor({ words, chapter, root }: Input): Promise<ForImage> {
  if (chapter.number < 3) return { command: words, config: {} }
  const [name = '', ...command] = words
  if (chapter.number === 3 && isPath(name))
    return { command, config: {}, rootfs: rootDirectory(name) }
  const image = resolve(root, name)
  const config = image.config.config ?? {}
  if (chapter.number === 3) return { command, config, rootfs: await plainCopy(root, image) }
  return { command, config, layers: () => layerDirs(root, image), image: useOf(image) }
}

/** What a container's state keeps of its image. */
function useOf({ name, id, manifest, layers }: Image): ImageUse {
  return { name, id, manifest: manifest.digest, diffIds: layers.map(({ diffId }) => diffId) }
}

function isPath(name: string): boolean {
  return name.startsWith('/') || name.startsWith('./') || name.startsWith('../') || name === '.'
}

function rootDirectory(name: string): string {
  const path = absolute(name)
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory())
    throw new Error(`no directory '${name}' to be a root file system`)
  return realpathSync(path)
}

/**
 * Chapter 3 writes straight into its root file system, so it gets a copy of its own, kept from run
 * to run: what layers are for is the discovery of chapter 4.
 */
async function plainCopy(root: string, image: Image): Promise<string> {
  const copy = join(root, 'rootfs', image.id.replace(/^sha256:/, '').slice(0, 12))
  if (existsSync(copy)) return copy
  const [layer, ...more] = await layerDirs(root, image)
  if (layer === undefined || more.length > 0)
    throw new Error(`'${image.name}' has ${more.length + 1} layers: stacking comes in chapter 4`)
  mkdirSync(join(root, 'rootfs'), { recursive: true })
  const aside = `${copy}.${process.pid}`
  try {
    copyTree(layer, aside)
    renameSync(aside, copy)
  } catch (error) {
    if (!existsSync(copy)) throw error
  } finally {
    rmSync(aside, { recursive: true, force: true })
  }
  return copy
}

/**
 * Busybox's tree has files, directories and links of root, which is all that cpSync keeps exactly.
 */
function copyTree(from: string, to: string): void {
  cpSync(from, to, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true })
}
