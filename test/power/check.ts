/** Tests. Is all of it there? A data root looked through after a power cut, then used. */
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { blobPath, verifyBlob } from '../../runtime/05-commit/store/blobs.ts'
import { importBusybox } from '../../runtime/05-commit/busybox-image.ts'
import { listContainers } from '../../runtime/container/find.ts'
import { detailsOf, historyOf, listImages } from '../../runtime/05-commit/store/images.ts'
import { entryName } from '../../runtime/05-commit/store/entry-names.ts'
import { imageAt, layerDir, readIndex } from '../../runtime/05-commit/store/store.ts'
import type { Image, Layer } from '../../runtime/05-commit/store/image.ts'
import { unpackBlob } from '../../runtime/05-commit/layer/unpack-blob.ts'
import { listVolumes, volumePath } from '../../runtime/08-volumes/volumes.ts'
import { namesIn } from '../../runtime/files.ts'
import { fingerprint } from './fingerprint.ts'
import { commit, rm, rmi, run } from './operations.ts'
import type { Promised } from './talk.ts'

export interface Checking {
  promised: Promised
  /** A number that no other check on this disk has. */
  mark: number
  /** A static busybox, for a store that has no image yet. */
  busybox: string
}

/**
 * What is wrong in the store at `root`, in words: nothing, if it is as `promised`, can be read as a
 * whole, and works: a container is run and committed, both are removed again, and nothing is left
 * over then of the time before the cut.
 */
export async function check(root: string, checking: Checking): Promise<string[]> {
  const { promised } = checking
  const problems: string[] = []
  const attempt = async <T>(what: string, work: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await work()
    } catch (error) {
      problems.push(`${what}: ${error instanceof Error ? error.message : String(error)}`)
      return undefined
    }
  }
  const images = (await attempt('the index', () => imagesIn(root))) ?? []
  problems.push(...broken(images, promised))
  for (const [layer, image] of layersOf(images))
    await attempt(`image ${image.name}`, () => verifyLayer(root, image, layer))
  await attempt('history and inspect', () => {
    for (const image of images) [historyOf(root, image), detailsOf(root, image)]
  })
  await attempt('images', () => {
    for (const error of listImages(root).damaged) throw error
  })
  const containers = listContainers(root).map(({ name }) => name)
  for (const name of promised.containers)
    if (!containers.includes(name)) problems.push(`container ${name} is gone`)
  await attempt('volumes', () => problems.push(...brokenVolumes(root, promised)))
  await attempt('what was done then', () => use(root, images, checking))
  return [...problems, ...leftovers(root)]
}

/** Every image, with its documents verified. */
function imagesIn(root: string): Image[] {
  const index = readIndex(root)
  return index.manifests.map((entry) => imageAt(root, entry, index))
}

function broken(images: Image[], promised: Promised): string[] {
  const found = new Map(images.map(({ manifest }) => [entryName(manifest), manifest.digest]))
  return Object.entries(promised.images).flatMap(([name, allowed]) => {
    const digest = found.get(name) ?? ''
    return allowed.includes(digest) ? [] : [`image ${name} is ${digest || 'gone'}`]
  })
}

/** Those that were promised are there; what an image has in /bin is in each as a whole, or not. */
function brokenVolumes(root: string, promised: Promised): string[] {
  const names = listVolumes(root).map(({ name }) => name)
  const layers = namesIn(join(root, 'layers')).map((name) => join(root, 'layers', name, 'bin'))
  const whole = new Set(layers.filter((dir) => existsSync(dir)).map(fingerprint))
  const isPart = (dir: string) => namesIn(dir).length > 0 && !whole.has(fingerprint(dir))
  const parts = whole.size > 0 ? names.map((name) => volumePath(root, name)).filter(isPart) : []
  const gone = promised.volumes.filter((name) => !names.includes(name))
  const odd = namesIn(join(root, 'volumes')).filter((name) => !names.includes(name))
  return [
    ...gone.map((name) => `volume ${name} is gone`),
    ...odd.map((name) => `volumes/${name} is no volume`),
    ...parts.map((dir) => `${dir} has a part of what the image has`),
  ]
}

/** Each layer once, with an image that has it. */
function layersOf(images: Image[]): [Layer, Image][] {
  const all = images.flatMap((image) => image.layers.map((layer): [Layer, Image] => [layer, image]))
  return [...new Map(all.map((both) => [both[0].digest, both])).values()]
}

/** What each layer holds, found once: it is known by its digest. */
const contents = new Map<string, string>()

/** The blob is whole; and if there is a directory of it, that is what the blob unpacks to. */
async function verifyLayer(root: string, image: Image, layer: Layer): Promise<void> {
  await verifyBlob(root, layer)
  const dir = layerDir(root, layer.diffId)
  if (!existsSync(dir)) return
  const wanted = contents.get(layer.diffId) ?? (await contentOf(root, image, layer))
  contents.set(layer.diffId, wanted)
  if (fingerprint(dir) !== wanted) throw new Error(`${dir} is not what its blob unpacks to`)
}

async function contentOf(root: string, image: Image, layer: Layer): Promise<string> {
  const aside = mkdtempSync(join(tmpdir(), 'layer-'))
  try {
    cpSync(blobPath(root, layer.digest), blobPath(aside, layer.digest))
    await unpackBlob(aside, { image, layer })
    return fingerprint(layerDir(aside, layer.diffId))
  } finally {
    rmSync(aside, { recursive: true, force: true })
  }
}

/** Start a container on one of the images, make an image of it, and remove both. */
async function use(root: string, images: Image[], { mark, busybox }: Checking): Promise<void> {
  const image = images[mark % images.length] ?? (await importBusybox(root, busybox))
  const container = `check-${mark}`
  const name = `check:${mark}`
  await run(root, { container, image: image.name, script: `echo ${mark} > /mark` })
  const made = await commit(root, container, name)
  for (const layer of made.layers.slice(-1)) await verifyLayer(root, made, layer)
  await rm(root, container)
  await rmi(root, name)
}

/** What no container and no process has to do with. A name whose container is gone is free. */
function leftovers(root: string): string[] {
  const namesIn = (dir: string) => readdirSync(join(root, dir))
  const containers = listContainers(root)
  const ids = containers.map(({ id }) => id)
  const unnamed = containers.filter(({ name }) => !namesIn('names').includes(name))
  const left = [
    ...namesIn('running').map((id) => `running/${id}`),
    ...namesIn('tmp').map((name) => `tmp/${name}`),
    ...namesIn('containers').flatMap((id) => (ids.includes(id) ? [] : `containers/${id}`)),
  ]
  return [
    ...left.map((path) => `${path} is left over`),
    ...unnamed.map(({ name }) => `container ${name} is not found by its name`),
  ]
}
