/** IMAGE as a container is given it: nothing, a directory, or a stack of layers. */
import { cpSync, existsSync, mkdirSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs'
import { join, resolve as absolute } from 'node:path'
import type { ImageUse } from '../04-overlay/overlay.ts'
import type { ImageSettings, Traits } from '../chapter.ts'
import { layerDirs } from './layer/dirs.ts'
import { resolve, type Image } from './store/store.ts'

/** What a container is created with, and the settings of the image. */
export interface ForContainer {
  settings: ImageSettings
  use: {
    rootfs?: string
    image?: ImageUse
    layers?: () => Promise<string[]>
  }
}

/**
 * Look up the image `name`. Where containers have a directory as their root, `name` may be the path
 * of one; an image is copied into a directory then. Throws when there is no image of that name.
 */
export async function imageFor(
  root: string,
  name: string,
  has: Traits['root'],
): Promise<ForContainer> {
  if (has === 'host') return { settings: {}, use: {} }
  if (has === 'directory' && isPath(name))
    return { settings: {}, use: { rootfs: rootDirectory(name) } }
  const image = resolve(root, name)
  const settings = image.config.config ?? {}
  if (has === 'directory') return { settings, use: { rootfs: await plainCopy(root, image) } }
  return { settings, use: { image: useOf(image), layers: () => layerDirs(root, image) } }
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
 * A container without layers writes straight into its root file system, so it gets a copy, kept
 * from run to run: what layers are for is the discovery of chapter 4.
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

/** Busybox's tree has only root's files, directories and links, which cpSync keeps exactly. */
function copyTree(from: string, to: string): void {
  cpSync(from, to, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true })
}
