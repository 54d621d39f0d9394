/** `cp`, the operation: files from a container to here, and from here into a container. */
import { posix, resolve } from 'node:path'
import { batches } from '../../04-overlay/batches.ts'
import { archiveOf } from '../../05-commit/archive.ts'
import type { Unheld } from '../../05-commit/layer/sender.ts'
import type { Runtime } from '../../chapter.ts'
import type { Container } from '../../options.ts'
import { isLive, withContainer } from '../../06-lifecycle/states.ts'
import { checkWritable } from './check-writable.ts'
import { copyOwner } from './copy-owner.ts'
import { extract } from './extract.ts'
import { enterHere, socketInWords, sourceHere, targetHere } from './here.ts'
import { holdRootOf, type HeldRoot } from './held-root.ts'
import { inFound, lookUpInside, noLinks, type FoundInside } from './look-up.ts'
import { closedIn, type Owner } from './put.ts'
import { unmade, type OnSteps } from './recorded.ts'
import { treeTar, treeTarBy, type OnSkipped, type Source } from './tree-tar.ts'
import { asksForDirectory, lastName, nameAt, shortened } from './words.ts'
import type { CopyPlace, Inside } from './words.ts'

export interface CopyOptions {
  from: CopyPlace
  to: CopyPlace
  /** Copy what a link leads to, not the link. */
  followLink: boolean
  /** Give what is copied in to the user that the container was made for. */
  isArchive: boolean
  onSkipped: OnSkipped
  /** Called with the number of bytes of the archive so far. */
  onBytes: (total: number) => void
  /** Only plan: nothing is put anywhere, and all steps are given to this. */
  planned?: OnSteps
  /** Takes the archive, if `to` is a stream. */
  write: (bytes: Uint8Array) => void
}

/**
 * Copy as `docker cp` does. Gives the attributes that the file system could not hold. A container
 * that runs is not held up; one that does not is not started meanwhile. Throws with a part of the
 * files copied if something fails on the way.
 */
export async function copy(runtime: Runtime, options: CopyOptions): Promise<Unheld> {
  return withSide(runtime, options, async (container) => {
    const held = await holdRootOf(runtime, container, options.planned)
    return async () => {
      try {
        return await copyHeld({ ...options, held, container })
      } finally {
        await held.program.end()
      }
    }
  })
}

/**
 * Get ready for a copy while no other command has the container, and do it: at once, if the
 * container does not run, and otherwise when other commands may have it again.
 */
export async function withSide<T>(
  runtime: Runtime,
  places: Pick<CopyOptions, 'from' | 'to'>,
  getReady: (container: Container) => Promise<() => Promise<T>>,
): Promise<T> {
  const { container: name } = sideOf(places)
  type Ready = { work: () => Promise<T> } | { result: T }
  const ready = await withContainer<Ready>(runtime, name, async (container) => {
    const work = await getReady(container)
    return isLive(container) ? { work } : { result: await work() }
  })
  return 'work' in ready ? ready.work() : ready.result
}

/** The container, whose root is held already. */
interface HeldContainer {
  held: HeldRoot
  container: Container
}

/** The container's side of a copy, at hand. */
interface Copying extends CopyOptions, HeldContainer {
  side: Inside
}

/** Copy from or to a root that is held, and stays so. It looks up all names anew. */
export function copyHeld(options: CopyOptions & HeldContainer): Promise<Unheld> {
  const side = sideOf(options)
  return (side === options.from ? outwards : inwards)({ ...options, side })
}

function sideOf({ from, to }: Pick<CopyOptions, 'from' | 'to'>): Inside {
  if (from.kind === 'inside') return from
  if (to.kind === 'inside') return to
  throw new Error('one of them has to be CONTAINER:PATH')
}

async function outwards(copying: Copying): Promise<Unheld> {
  const { side, held, to, followLink, onSkipped, planned, write } = copying
  const found = await lookUpInside(held, side.path, followLink)
  if (found.kind === 'missing' || found.kind === 'nowhere') throw notThere(side, found)
  if (found.kind === 'file' && found.stat.isSocket()) throw new Error(socketInWords(side.path))
  const typed = lastName(side.path)
  if (to.kind === 'stream') {
    // A stream calls what a link led to by its own name.
    const as = found.path === side.path ? typed : lastName(found.path)
    if (planned) return new Map()
    const archive = treeTarBy(held.program, sourceIn(held, found, as), onSkipped)
    for await (const bytes of counted(archive, copying)) write(bytes)
    return new Map()
  }
  const { into, name = typed } = targetHere(to.path, found.kind === 'directory')
  const source = sourceIn(held, found, name)
  planned?.(enterHere(resolve(into))) // the program has been elsewhere by then
  const archive = planned
    ? treeTar(source, onSkipped) // by another program: what this one makes is noted
    : treeTarBy(held.program, source, onSkipped)
  const program = planned ? unmade(planned) : batches(enterHere(into))
  try {
    // They belong to the caller, as in Docker: the container's users are not those of the host.
    const chunks = counted(archive, copying)
    const ownerOf = () => undefined
    return await extract(chunks, { program, resolve: noLinks, ownerOf, place: into })
  } finally {
    await program.end()
  }
}

function sourceIn(held: HeldRoot, found: FoundInside, as: string): Source {
  const directory = inFound(held, '.')
  return found.kind === 'file' ? { directory, name: found.name, as } : { directory, as }
}

async function inwards(copying: Copying): Promise<Unheld> {
  const { side, held, from, container, followLink, onSkipped, planned } = copying
  const isStream = from.kind === 'stream'
  const here = isStream ? undefined : sourceHere(from.path, followLink)
  const found = await lookUpInside(held, side.path, true)
  if (found.kind === 'file' && (found.stat.isCharacterDevice() || found.stat.isBlockDevice()))
    throw new Error(`${side.container}:${side.path} is a device, and stays one`)
  if (isStream && found.kind !== 'directory')
    throw new Error(`${side.container}:${side.path} has to be a directory`)
  const name = here && (await nameInside(copying, found, here.isDirectory))
  checkWritable(held, container, side.path)
  const owner = copying.isArchive ? await copyOwner(held, container) : undefined
  const ownerOf = (entry: { uid: number; gid: number }): Owner => owner ?? entry
  const program = planned ? unmade(planned) : held.program
  await program.make(closedIn())
  const chunks = here
    ? treeTar({ ...here, as: name ?? here.as }, onSkipped)
    : archiveOf('-')
  // The names in a stream may lead through links that are there, inside the root.
  const resolve = here ? noLinks : (['RESOLVE_NO_MAGICLINKS'] as const)
  const all = counted(chunks, copying)
  return extract(all, { program, resolve: [...resolve], ownerOf, place: held.place })
}

/** What the copy is called in the directory that was found; undefined for its own name. */
async function nameInside(
  { held, side }: Copying,
  found: FoundInside,
  isDirectory: boolean,
): Promise<string | undefined> {
  if (found.kind === 'directory') return nameAt(side.path, 'directory', isDirectory)
  if (found.kind !== 'nowhere') {
    nameAt(side.path, found.kind === 'file' ? 'file' : 'nothing', isDirectory)
    return found.name
  }
  // A directory may be made where nothing is, also by a name that ends with a slash.
  const bare = found.path.replace(/\/\.?$/, '')
  const isNew = found.errno === 'ENOENT' && isDirectory && asksForDirectory(found.path)
  const again = isNew ? await lookUpInside(held, bare, true) : found
  if (again.kind === 'missing') return again.name
  if (found.errno === 'ENOENT' && asksForDirectory(side.path))
    throw new Error(`no directory '${side.path}' in container '${side.container}'`)
  // It is the directory for it that is missing, unless something else is in the way.
  const isMissing = found.errno === 'ENOENT'
  throw notThere(isMissing ? { ...side, path: posix.dirname(bare) } : side, found)
}

function notThere({ container, path }: Inside, found: FoundInside): Error {
  const errno = found.kind === 'nowhere' ? found.errno : 'ENOENT'
  const ofFound = shortened(found.path)
  if (errno === 'ENOTDIR') return new Error(`a part of ${path} in '${container}' is a file`)
  if (errno === 'ELOOP') return new Error(`${path} in '${container}' is behind too many links`)
  if (errno === 'ENAMETOOLONG')
    return new Error(`no file of '${container}' can be called '${ofFound}': it is too long`)
  return new Error(`no file or directory ${path} in container '${container}'`)
}

async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  { onBytes }: Pick<CopyOptions, 'onBytes'>,
): AsyncGenerator<Uint8Array> {
  let total = 0
  for await (const chunk of chunks) {
    yield chunk
    onBytes((total += chunk.length))
  }
}
