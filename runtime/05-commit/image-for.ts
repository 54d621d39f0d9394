/** Turns the word IMAGE of `run` into what a container needs: nothing, a directory, or layers. */
import { existsSync, realpathSync, statSync } from 'node:fs'
import { join, resolve as absolute } from 'node:path'
import type { ImageUse } from '../04-overlay/overlay.ts'
import type { ImageSettings, Traits } from '../chapter.ts'
import { makePlace } from '../data-root.ts'
import { layerDirs } from './layer/dirs.ts'
import { settingsOf } from './settings.ts'
import { hexOf } from './store/digest.ts'
import { emulatorOf } from './store/emulation.ts'
import type { Image } from './store/image.ts'
import { distance, machine, parsePlatform, platformText } from './store/platform.ts'
import type { Platform } from './store/platform.ts'
import { resolve } from './store/store.ts'

/** What a container is created with, and the settings in the image's config. */
export interface ForContainer {
  settings: ImageSettings
  use: {
    /** A directory to use as the root file system, absolute. */
    rootfs?: string
    image?: ImageUse
    /** Unpack missing layers and give the directories of all, topmost first. */
    layers?: (warn: (text: string) => void) => Promise<string[]>
  }
}

/** What is wanted of an image; without more than its root, an image for this machine. */
export interface Demand {
  /** What its root is. */
  has: Traits['root']
  /** What was asked for, as it was typed. */
  platform?: string | undefined
  /** Called with one line if the image is for another machine, and nobody asked for that. */
  warn?: (text: string) => void
}

/**
 * Look up the image `name`. If containers have a directory as their root, then `name` may be the
 * path of a directory, and an image is copied into one. Throws if there is no such image, and none
 * for this platform.
 */
export async function imageFor(
  root: string,
  name: string,
  demand: Demand | Demand['has'],
): Promise<ForContainer> {
  const { has, platform, warn }: Demand = typeof demand === 'string' ? { has: demand } : demand
  if (has === 'host') return { settings: {}, use: {} }
  if (has === 'directory' && isPath(name))
    return { settings: {}, use: { rootfs: rootDirectory(name) } }
  if (isPath(name))
    throw new Error(`'${name}' is a path, and run needs an image: stepbox import ${name} NAME`)
  const wanted = platform === undefined ? undefined : runnable(platform)
  const image = resolve(root, name, wanted)
  const why = wanted ? undefined : whyForeign(image.platform)
  if (why) warn?.(`image '${image.name}' is for ${platformText(image.platform)}: ${why}`)
  const settings = settingsOf(image)
  if (has === 'directory') return { settings, use: { rootfs: await copyOf(root, image) } }
  return { settings, use: { image: useOf(image), layers: (warn) => layerDirs(root, image, warn) } }
}

/** The platform in `text`. Throws if this machine does not run it. */
function runnable(text: string): Platform {
  const wanted = parsePlatform(text)
  const why = whyForeign(wanted)
  if (why) throw new Error(`--platform ${platformText(wanted)}: ${why}`)
  return wanted
}

/** Why this machine does not run what is made for `platform`; undefined if it does. */
function whyForeign(platform: Platform): string | undefined {
  const here = `this machine is ${platformText(machine)}`
  if (platform.os !== machine.os) return `${here}, and a container shares its kernel`
  const { architecture } = platform
  if (distance(platform, newest) !== undefined || emulatorOf(architecture)) return undefined
  return `${here}, and no emulator for ${architecture} is registered in binfmt_misc`
}

/** This machine, whatever its processor's generation: the programs will tell. */
const newest: Platform = { ...machine, variant: 'v9' }

/** The part of an image that the container's state keeps. */
function useOf({ name, id, manifest, layers }: Image): ImageUse {
  return { name, id, manifest: manifest.digest, diffIds: layers.map(({ diffId }) => diffId) }
}

function isPath(name: string): boolean {
  return /^(?:\/|\.{1,2}(?:\/|$))|\/$/.test(name)
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
 *
 * It is the layer unpacked a second time: a file has its owner, its holes, and its set-user-id bit,
 * for which nobody but root may get into the directory (CVE-2021-41091).
 */
async function copyOf(root: string, image: Image): Promise<string> {
  const copy = join(makePlace(root, 'rootfs'), hexOf(image.id).slice(0, 12))
  if (existsSync(copy)) return copy
  const { name, layers } = image
  const [layer, ...more] = layers
  if (layer === undefined || more.length > 0)
    throw new Error(`'${name}' has ${layers.length} layers: stacking comes in chapter 4`)
  await layerDirs(root, image)
  const { unpackTo } = await import('./layer/unpack-blob.ts')
  await unpackTo(root, { image, layer }, copy)
  return copy
}
