/** What an upper directory changes in the image: what is new, deleted or hidden. */
import type { BigIntStats } from 'node:fs'
import type { Batches } from './batches.ts'
import { listXattrs, lookUp } from './below.ts'
import { isOrdinaryXattr, isWhiteout, opaqueMark, type Stack } from './stack.ts'
import { isInitFile, walkUpper, type FileFacts, type OnVanished, type UpperName } from './walk.ts'

/** A name in an upper directory, compared with the image. */
export interface UpperEntry extends UpperName {
  /** What the image shows under this name. */
  lower: BigIntStats | undefined
  /** The name was deleted. */
  isWhiteout: boolean
  /** A new directory that replaces one of the image. */
  isOpaque: boolean
  /**
   * The image's directories that do not show through, topmost first: this directory is opaque, or
   * lies in one that is.
   */
  hides: string[]
  /** False for a directory that is here only because something in it was changed. */
  isTouched: boolean
  /** A file of the container-init layer, or a directory of it in which nothing was changed. */
  isInit: boolean
}

/**
 * Everything that an upper directory changes in the image, in tree order: the names in a directory
 * sorted by their bytes, each followed by what is in it. Comes in batches.
 *
 * overlayfs leaves two marks (Documentation/filesystems/overlayfs.rst, "whiteouts and opaque
 * directories"): a character device 0:0 is a *whiteout*, a deleted name; a directory with the
 * attribute `trusted.overlay.opaque` hides the directories of its name below. The kernel marks
 * every new directory as opaque, even if there is nothing to hide.
 *
 * The container-init layer is not part of the image and is not committed: `isInit` tells its names
 * from those of the container.
 *
 * `program` makes the calls that Node lacks. A name that disappears during the walk is left out,
 * and `onVanished` called. For a consistent view of a running container, freeze it first.
 */
export async function* readUpper(
  stack: Stack,
  program: Batches,
  onVanished: OnVanished = () => {},
): AsyncGenerator<UpperEntry[]> {
  const withheld: UpperEntry[] = []
  for (const batch of walkUpper(stack, onVanished)) {
    lookUp(stack, batch)
    await listXattrs(program, batch)
    yield batch.flatMap((name) => release(withheld, judge(stack, name)))
  }
  yield withheld
}

/**
 * Attributes that make an upper directory refer to files elsewhere, so that it is not a plain tree.
 * `overlay` switches both features off.
 */
const references = ['trusted.overlay.redirect', 'trusted.overlay.metacopy']

/** Compare a name with the image. Undefined for a whiteout of a name that the image lacks. */
function judge({ upper }: Stack, name: UpperName): UpperEntry | undefined {
  const { path, stat, parent } = name
  const reference = name.xattrs.find((xattr) => references.includes(xattr))
  if (reference) throw new Error(`${upper}/${path} is not whole: it has the attribute ${reference}`)
  const { lastLayer } = parent
  const shown = name.layers.filter(({ layer }) => layer <= lastLayer)
  const lower = shown[0]?.stat
  if (isWhiteout(stat) && !lower) return undefined
  const isMerged = stat.isDirectory() && lower?.isDirectory() === true
  // Below an opaque directory everything is hidden already: the kernel's mark adds nothing there.
  const isOpaque = isMerged && isMarkedOpaque(name) && !parent.isHiding
  // An opaque directory in a layer of the image hides the layers further down.
  name.lastLayer = shown.find(isMarkedOpaque)?.layer ?? lastLayer
  name.isHiding = isMarkedOpaque(name) || parent.isHiding
  const hidden = shown.filter(({ layer }) => layer <= name.lastLayer).map((each) => each.path)
  const isTouched = isMerged ? isOpaque || differs(name, lower) : !isInitDirectory(name)
  name.xattrs = name.xattrs.filter(isOrdinaryXattr)
  const hides = isMerged && name.isHiding ? hidden : []
  const isInit = isInitFile(name) || (isInitDirectory(name) && !isTouched)
  const marks = { isWhiteout: isWhiteout(stat), isOpaque, isTouched, isInit }
  return Object.assign(name, { lower, hides, ...marks })
}

/**
 * Hold back the names of the container-init layer until a name of the container comes: the
 * directories that it is in are no longer the init layer's alone.
 */
function release(withheld: UpperEntry[], entry: UpperEntry | undefined): UpperEntry[] {
  if (!entry) return []
  if (entry.isInit) {
    withheld.push(entry)
    return []
  }
  for (const each of withheld) each.isInit = !entry.path.startsWith(`${each.path}/`)
  return [...withheld.splice(0), entry]
}

function isInitDirectory({ init, stat }: UpperName): boolean {
  return init !== undefined && stat.isDirectory()
}

/**
 * Whether the container changed a directory itself. A directory of the container-init layer is
 * compared with its state there, and without its time: each mount point made in it changes that.
 */
function differs({ stat, xattrs, init }: UpperName, lower: BigIntStats): boolean {
  const { mode, uid, gid, mtimeNs } = init?.stat ?? lower
  if (stat.mode !== mode || stat.uid !== uid || stat.gid !== gid) return true
  if (!init) return stat.mtimeNs !== mtimeNs
  const ordinary = (names: string[]) => names.filter(isOrdinaryXattr).join('\0')
  return ordinary(xattrs) !== ordinary(init.xattrs)
}

function isMarkedOpaque({ xattrs }: FileFacts): boolean {
  return xattrs.includes(opaqueMark)
}
