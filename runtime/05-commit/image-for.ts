/** Turns the word IMAGE of `run` into what a container needs: nothing, a directory, or layers. */
import { cpSync, existsSync, mkdirSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs'
import { join, resolve as absolute } from 'node:path'
import type { ImageUse } from '../04-overlay/overlay.ts'
import type { ImageSettings, Traits } from '../chapter.ts'
import { layerDirs } from './layer/dirs.ts'
import { resolve, type Image } from './store/store.ts'

/** What a container is created with, and the settings in the image's config. */
export interface ForContainer {
  settings: ImageSettings
  use: {
    /** A directory to use as the root file system, absolute. */
    rootfs?: string
    image?: ImageUse
    /** Unpack missing layers and give the directories of all, topmost first. */
    layers?: () => Promise<string[]>
  }
}

/**
 * Look up the image `name`. If containers have a directory as their root (`has`), then `name` may
 * be the path of a directory, and an image is copied into one. Throws if there is no such image.
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
  if (has === 'directory') return { settings, use: { rootfs: await copyOf(root, image) } }
  return { settings, use: { image: useOf(image), layers: () => layerDirs(root, image) } }
}

/** The part of an image that the container's state keeps. */
function useOf({ name, id, manifest, layers }: Image): ImageUse {
  return { name, id, manifest: manifest.digest, diffIds: layers.map(({ diffId }) => diffId) }
}

function isPath(name: string): boolean {
  return name.startsWith('/') || name.startsWith('./') || name.startsWith('../') || name === '.'
}

function rootDirectory(name: string): string {
  const path = absolute(name)
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory())
    throw new Error(`no directory '${name}' to use as a root file system`)
  return realpathSync(path)
}

/**
 * A directory with a copy of the image, which must have one layer. A container without a write
 * layer writes straight into its root file system, so it must not get the layer itself. The copy is
 * made once, and changes in it stay from run to run.
 */
async function copyOf(root: string, image: Image): Promise<string> {
  const copy = join(root, 'rootfs', image.id.replace(/^sha256:/, '').slice(0, 12))
  if (existsSync(copy)) return copy
  const [layer, ...more] = await layerDirs(root, image)
  if (layer === undefined || more.length > 0)
    throw new Error(`'${image.name}' has ${more.length + 1} layers: stacking comes in chapter 4`)
  mkdirSync(join(root, 'rootfs'), { recursive: true })
  const staged = `${copy}.${process.pid}`
  try {
    copyTree(layer, staged)
    renameSync(staged, copy)
  } catch (error) {
    if (!existsSync(copy)) throw error // ignoring: another process made the copy
  } finally {
    rmSync(staged, { recursive: true, force: true })
  }
  return copy
}

/**
 * cpSync loses owners and devices; busybox's image has only root's files, directories and links.
 */
function copyTree(from: string, to: string): void {
  cpSync(from, to, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true })
}
