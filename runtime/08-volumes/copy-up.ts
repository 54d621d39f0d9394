/**
 * Copy-up: a volume that is empty when a container is created with it gets what the image has at
 * that place, with owners, permissions, attributes, links and times; the volume itself has the time
 * at which it was filled, as in Docker.
 *
 * The files are copied aside, synced, and renamed into the volume together: a process that is
 * killed before leaves it empty, and the next container fills it.
 */
import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, renameSync } from 'node:fs'
import { rmdirSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { batches } from '../04-overlay/batches.ts'
import { layersLaidOut } from '../04-overlay/init-layer.ts'
import { layerTar } from '../05-commit/layer/layer.ts'
import { FileError } from '../05-commit/layer/sender.ts'
import { unpackLayer } from '../05-commit/layer/unpack.ts'
import { syncAround } from '../05-commit/layer/unpack-blob.ts'
import { holdLayers, type HeldRoot } from '../07-exec/copy/held-root.ts'
import { inFound, lookUpInside } from '../07-exec/copy/look-up.ts'
import type { Setting } from '../chapter.ts'
import { runningContainers } from '../container/find.ts'
import { putInPlace, syncDir } from '../durable.ts'
import { namesIn } from '../files.ts'
import { removeTree } from '../remove-tree.ts'
import { inWords, makeStaging } from '../staging.ts'
import { withVolumes } from './change-volumes.ts'
import { readVolume, volumePath, volumeDir } from './volumes.ts'
import { volumesOf } from './volume-users.ts'

/** A volume, and where in the container it will be. */
export interface Filling {
  name: string
  target: string
}

/**
 * Fill each volume that is empty with what is at `target` in the container's root, which does not
 * run so far. Links on the way lead to places inside the root. Throws if a file is there.
 */
export async function copyUp(setting: Setting, fillings: Filling[]): Promise<void> {
  const { root, dir } = setting
  const layers = layersLaidOut(dir)
  if (!layers || !fillings.some(({ name }) => isEmpty(root, name))) return
  const program = batches(holdLayers(layers, dir))
  const held: HeldRoot = { program, isFound: false, place: dir }
  try {
    for (const filling of fillings)
      if (isEmpty(root, filling.name)) await fill(setting, held, filling)
  } finally {
    await held.program.end()
  }
}

async function fill(setting: Setting, held: HeldRoot, { name, target }: Filling): Promise<void> {
  const { root } = setting
  const staging = makeStaging(root)
  try {
    const found = await lookUpInside(held, target, true)
    if (found.kind === 'file') throw new Error(`'${target}' is a file, and a volume is a directory`)
    if (found.kind !== 'directory') return
    const copy = join(staging, 'copy')
    await copyTree(setting, { from: inFound(held, '.'), staging, copy })
    await withVolumes(root, () => putIn(setting, name, copy))
  } catch (error) {
    const cause = error instanceof FileError ? error.cause : error
    throw inWords(cause, root, `volume '${name}' is still empty`)
  } finally {
    await removeTree(staging)
  }
}

/** The caller has the lock of the volumes. Another process may have filled it meanwhile. */
function putIn({ root, container }: Setting, name: string, copy: string): void {
  if (!readVolume(root, name) || !isEmpty(root, name)) return
  const isShared = runningContainers(root).some(
    (each) => each.id !== container.id && volumesOf(each).includes(name),
  )
  if (isShared) fillShared(root, name, copy)
  else putInPlace(copy, volumePath(root, name))
}

function isEmpty(root: string, name: string): boolean {
  return namesIn(volumePath(root, name)).length === 0 && !existsSync(fillingOf(root, name))
}

interface Copying {
  /** A directory, by a path that leads into the held root. */
  from: string
  staging: string
  copy: string
}

/** Copy a directory as a layer that hides nothing: the archive of one is what `commit` makes. */
async function copyTree({ warn }: Setting, { from, staging, copy }: Copying): Promise<void> {
  const nothing = join(staging, 'nothing')
  for (const path of [nothing, copy]) {
    mkdirSync(path)
    chmodSync(path, 0o755) // mkdir(2) applies the caller's umask
  }
  const onSkipped = (path: string, why: string) =>
    warn(`not copied to the volume: /${path}, ${why}`)
  const archive = layerTar({ upper: from, lowers: [nothing] }, { onSkipped })
  const { unheld } = await unpackLayer(archive, copy)
  for (const [name, { path, errno }] of unheld)
    warn(`not copied to the volume: the attribute ${name} of ${path}, ${errno}`)
  const now = new Date()
  utimesSync(copy, now, now)
  if (namesIn(copy).length > 0) await syncAround(staging)
}

function fillingOf(root: string, name: string): string {
  return join(volumeDir(root, name), 'filling')
}

/**
 * Fill a volume that running containers have open: its directory stays, and each name is moved
 * into it. From the first rename on the copy is in the volume, for `finishFilling` to go on with.
 */
function fillShared(root: string, name: string, copy: string): void {
  putInPlace(copy, fillingOf(root, name))
  finishFilling(root, name)
}

/** Do what a killed process has left to do in a volume. The caller has the lock of the volumes. */
export function finishFilling(root: string, name: string): void {
  const [filling, data] = [fillingOf(root, name), volumePath(root, name)]
  const stat = lstatSync(filling, { throwIfNoEntry: false })
  if (!stat) return
  for (const each of namesIn(filling))
    if (!existsSync(join(data, each))) renameSync(join(filling, each), join(data, each))
  chownSync(data, stat.uid, stat.gid)
  chmodSync(data, stat.mode & 0o7777)
  syncDir(data)
  rmdirSync(filling)
}
