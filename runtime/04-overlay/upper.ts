/** Chapter 4. What an upper directory says: what is new, what is deleted, what is hidden. */
import { closeSync, constants, lstatSync, openSync, readdirSync, statSync } from 'node:fs'
import type { BigIntStats } from 'node:fs'
import { join } from 'node:path'
import { fromBytes, toBytes } from '../bytes.ts'
import { askFor, type Seen } from './attributes.ts'

/** The directories of an overlay, as `layOut` makes them (init-layer.ts). */
export interface Stack {
  upper: string
  /** The image's layers, topmost first. */
  lowers: string[]
  /** The container-init layer, which lies above them. */
  init?: string
}

/** The stack of the container whose directory is `dir`. */
export function stackIn(dir: string): Stack {
  const isLower = (name: string) => /^lower\d+$/.test(name)
  const names = readdirSync(dir).filter(isLower)
  const lowers = names.map((_, at) => join(dir, `lower${at}`))
  return { upper: join(dir, 'upper'), lowers, init: join(dir, 'init') }
}

/** A name in an upper directory, held against the image. */
export interface Found {
  /** From the upper directory on: `etc/passwd` (bytes.ts). */
  path: string
  stat: BigIntStats
  /** What the image shows under this name. */
  lower: BigIntStats | undefined
  /** The name was deleted. */
  isWhiteout: boolean
  /** A directory that is new in the place of one of the image. */
  isOpaque: boolean
  /**
   * The image's directories, topmost first, that do not show through: of opaque ones, and in them.
   */
  hides: string[]
  /** False for a directory that is here only for what is in it. */
  isTouched: boolean
  /** Names of extended attributes, without those of overlayfs. */
  xattrs: string[]
}

/**
 * All that an upper directory changes in the image, in the order of a tree: the names of a
 * directory by their bytes, each followed by what is in it. In portions, since each costs a
 * question.
 *
 * The kernel leaves two signs there (Documentation/filesystems/overlayfs.rst): a character device
 * 0:0 is a *whiteout*, a name that was deleted; a directory with the attribute
 * `trusted.overlay.opaque` hides those of its name below. (It marks every new directory so, also
 * where there is none.) What the container-init layer holds is no change of the image: its files
 * never; its directories if the image has them too and they were changed, or if something in them
 * was.
 *
 * A name that goes while we look was deleted a moment ago. To be exact, freeze the container.
 */
export async function* readUpper(stack: Stack): AsyncGenerator<Found[]> {
  const program = askFor(stack.upper)
  const withheld: Found[] = []
  let portion: Place[] = []
  const judged = async () => {
    await program.attributesOf(portion)
    return portion.flatMap((place) => release(withheld, place, judge(stack, place)))
  }
  try {
    for (const place of walk(stack, rootOf(stack), openDirectory(stack.upper))) {
      if (portion.push(place) < 512) continue
      yield await judged()
      portion = []
    }
    yield await judged()
  } finally {
    await program.end()
  }
}

/** A name in the upper directory while it is looked at. */
interface Place extends Seen {
  parent?: Place
  /**
   * What layers have under this name: a file, or directories, topmost first, that lie on each
   * other.
   */
  layers: (Seen & { layer: number })[]
  init?: Seen
  /** The last layer of which the image shows something in this directory. */
  lastLayer: number
  /** Nothing of the image shows through this directory. */
  isHiding: boolean
}

function rootOf({ upper, lowers, init }: Stack): Place {
  const see = (path: string) => ({ path, stat: statSync(path, { bigint: true }), xattrs: [] })
  const layers = lowers.map((path, layer) => ({ ...see(path), layer }))
  const above = { path: '', layers, lastLayer: lowers.length, isHiding: false }
  return { ...see(upper), ...above, ...(init ? { init: see(init) } : {}) }
}

/**
 * A directory is opened from the one it is in, and its names are looked up from there: if a
 * container that runs puts a symlink in the place of a directory, we are not led out to the host.
 */
function* walk(stack: Stack, parent: Place, fd: number): Generator<Place> {
  const dir = `/proc/self/fd/${fd}`
  try {
    for (const bytes of readdirSync(dir, 'buffer').sort(Buffer.compare)) {
      const name = fromBytes(bytes)
      const stat = look(`${dir}/${name}`)
      const place = stat && placeOf(stack, parent, { name, stat })
      if (!place) continue
      yield place
      if (stat.isDirectory()) yield* walk(stack, place, openDirectory(`${dir}/${name}`))
    }
  } finally {
    closeSync(fd)
  }
}

/** An entry of a directory. */
interface Named {
  name: string
  stat: BigIntStats
}

/**
 * Undefined for the files of the container-init layer, and for anything that was put in their
 * place.
 */
function placeOf({ lowers, init }: Stack, parent: Place, { name, stat }: Named) {
  const path = parent.path ? `${parent.path}/${name}` : name
  const place: Place = { path, stat, xattrs: [], parent, layers: [], lastLayer: 0, isHiding: false }
  const told = parent.init?.stat.isDirectory() && look(`${init}/${path}`)
  if (told && !told.isDirectory()) return undefined
  if (told) place.init = { path: `${init}/${path}`, stat: told, xattrs: [] }
  for (const { layer, stat: above } of parent.layers) {
    const full = `${lowers[layer]}/${path}`
    const found = above.isDirectory() ? look(full) : undefined
    if (!found) continue
    if (found.isDirectory() || (place.layers.length === 0 && !isWhiteout(found)))
      place.layers.push({ path: full, stat: found, xattrs: [], layer })
    if (!found.isDirectory()) break
  }
  return place
}

/** Marks of an upper directory that is no plain tree; `overlay` asks the kernel not to make any. */
const references = ['trusted.overlay.redirect', 'trusted.overlay.metacopy']

/** Hold a name against the image. Undefined for a whiteout of what the image does not have. */
function judge({ upper }: Stack, place: Place): Found | undefined {
  const { path, stat } = place
  const reference = place.xattrs.find((name) => references.includes(name))
  if (reference) throw new Error(`${upper}/${path} is not whole: it has the attribute ${reference}`)
  const lastLayer = place.parent?.lastLayer ?? 0
  const shown = place.layers.filter(({ layer }) => layer <= lastLayer)
  const lower = shown[0]?.stat
  if (isWhiteout(stat) && !lower) return undefined
  const isOver = stat.isDirectory() && lower?.isDirectory() === true
  const isOpaque = isOver && isMarked(place) && !place.parent?.isHiding
  place.lastLayer = shown.find(isMarked)?.layer ?? lastLayer
  place.isHiding = isMarked(place) || place.parent?.isHiding === true
  const below = shown.filter(({ layer }) => layer <= place.lastLayer).map((each) => each.path)
  return {
    path,
    stat,
    lower,
    isWhiteout: isWhiteout(stat),
    isOpaque,
    hides: isOver && place.isHiding ? below : [],
    isTouched: isOver ? isOpaque || differs(place, lower) : !isStub(place),
    xattrs: place.xattrs.filter(isOrdinary),
  }
}

/** Hold directories of the container-init layer back until something in them is found. */
function release(withheld: Found[], place: Place, found: Found | undefined): Found[] {
  if (!found) return []
  while (withheld.length > 0 && !found.path.startsWith(`${withheld.at(-1)?.path}/`)) withheld.pop()
  if (found.isTouched || !isStub(place)) return [...withheld.splice(0), found]
  withheld.push(found)
  return []
}

function isStub({ init, stat }: Place): boolean {
  return init !== undefined && stat.isDirectory()
}

/**
 * Every file made in a directory of the container-init layer changes its time; that is not told.
 */
function differs({ stat, xattrs, init }: Place, lower: BigIntStats): boolean {
  const { mode, uid, gid, mtimeNs } = init?.stat ?? lower
  if (stat.mode !== mode || stat.uid !== uid || stat.gid !== gid) return true
  if (!init) return stat.mtimeNs !== mtimeNs
  return xattrs.filter(isOrdinary).join('\0') !== init.xattrs.filter(isOrdinary).join('\0')
}

export function isWhiteout(stat: BigIntStats): boolean {
  return stat.isCharacterDevice() && stat.rdev === 0n
}

/** The mark of an opaque directory, in the upper directory and in layers. */
export const opaqueMark = 'trusted.overlay.opaque'

function isMarked({ xattrs }: Seen): boolean {
  return xattrs.includes(opaqueMark)
}

/** What overlayfs keeps in attributes is its own; without root it uses those of the user. */
export function isOrdinary(xattr: string): boolean {
  return !/^(trusted|user)\.overlay\./.test(xattr)
}

function look(path: string): BigIntStats | undefined {
  return lstatSync(exact(path), { bigint: true, throwIfNoEntry: false })
}

function openDirectory(path: string): number {
  return openSync(exact(path), constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
}

/** Node encodes strings as UTF-8; names that are not UTF-8 must be given as bytes. */
export function exact(path: string): string | Buffer {
  return /[\udc80-\udcff]/.test(path) ? toBytes(path) : path
}
