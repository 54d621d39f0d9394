/** Makes and removes volumes: one process at a time, each change whole or not at all. */
import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { withLock } from '../05-commit/store/lock.ts'
import { recordEvent } from '../06-lifecycle/events.ts'
import { newId } from '../container/create.ts'
import { makePlace } from '../data-root.ts'
import { putInPlace, syncDir, writeDurably } from '../durable.ts'
import type { Container } from '../options.ts'
import { removeTree } from '../remove-tree.ts'
import { inWords, makeStaging } from '../staging.ts'
import { deleteTrash, moveToTrash } from '../trash.ts'
import { findVolume, readVolume, volumeDir, type Volume, type VolumeFile } from './volumes.ts'
import { volumeUsers } from './volume-users.ts'

/** Where volumes are, and who is told what cannot be deleted. */
export interface Store {
  root: string
  warn: (text: string) => void
}

/** What a new volume is to be. */
export type NewVolume = Pick<Volume, 'name' | 'labels' | 'options'>

/**
 * Do `work` while no other process makes or removes a volume. A container that uses one is on
 * record before it takes this lock, and who removes one looks for containers after: so either the
 * container is seen, or it makes the volume anew.
 */
export function withVolumes<T>(root: string, work: () => T | Promise<T>): Promise<T> {
  return withLock(makePlace(root, 'volumes'), work)
}

/** Make a volume. One of that name that is there stays as it is. */
export async function createVolume({ root }: Store, asked: NewVolume): Promise<Volume> {
  return withVolumes(root, () => volumeNamed(root, asked))
}

/** The same by a caller that has the lock. */
export async function volumeNamed(root: string, asked: NewVolume): Promise<Volume> {
  const { name } = asked
  const found = readVolume(root, name) ?? (await make(root, asked))
  announceVolume(root, { name, action: 'create' }) // as Docker does, whether it was there or not
  return found
}

/** A new name for a volume that nobody names. */
export function anonymousName(): string {
  return newId()
}

async function make(root: string, { name, labels, options }: NewVolume): Promise<Volume> {
  const place = volumeDir(root, name)
  const created = new Date().toISOString()
  const about = { ...(labels ? { labels } : {}), ...(options ? { options } : {}) }
  const file: VolumeFile = { version: 1, created, ...about }
  const staging = makeStaging(root)
  try {
    const dir = join(staging, 'volume')
    for (const path of [dir, join(dir, '_data')]) mkdirSync(path)
    chmodSync(join(dir, '_data'), 0o755) // mkdir(2) applies the caller's umask
    writeDurably(join(dir, 'volume.json'), `${JSON.stringify(file, null, 2)}\n`)
    syncDir(dir)
    putInPlace(dir, place)
    return { name, created, ...about }
  } catch (error) {
    throw inWords(error, root, `volume '${name}' was not made`)
  } finally {
    await removeTree(staging)
  }
}

/** Remove a volume with all that is in it. Throws if there is none, or a container uses it. */
export async function removeVolume(store: Store, name: string): Promise<void> {
  const { root } = store
  const trash = await withVolumes(root, () => {
    findVolume(root, name)
    const users = volumeUsers(root).get(name) ?? []
    if (users.length > 0)
      throw new Error(`remove ${name}: volume is in use - [${idsOf(users)}]`)
    return takenAway(root, name)
  })
  announceVolume(root, { name, action: 'destroy' })
  await deleteTrash(root, trash, store.warn)
}

function idsOf(containers: Container[]): string {
  return containers.map(({ id }) => id).join(', ')
}

/** Remove the volumes among `names` that no container uses, but for the one that is going. */
export async function removeUnused(
  store: Store,
  names: string[],
  going?: Container,
): Promise<string[]> {
  const { root } = store
  const trash = await withVolumes(root, () => {
    const users = volumeUsers(root)
    const isFree = (name: string) =>
      readVolume(root, name) && !users.get(name)?.some(({ id }) => id !== going?.id)
    return names.filter(isFree).map((name) => ({ name, as: takenAway(root, name) }))
  })
  for (const { as } of trash) await deleteTrash(root, as, store.warn)
  return trash.map(({ name }) => name)
}

/** Move a volume out of the way, whole. Gives the name that it has in the trash. */
function takenAway(root: string, name: string): string {
  const as = newId()
  makePlace(root, 'tmp')
  moveToTrash(root, volumeDir(root, name), as)
  syncDir(join(root, 'volumes'))
  return as
}

/** Say what has happened to a volume, in Docker's words. */
export function announceVolume(
  root: string,
  { name, action }: { name: string; action: 'create' | 'destroy' },
): void {
  const thing = { type: 'volume', id: name }
  recordEvent(root, { action, thing, attributes: { driver: 'local' } })
}
