/** What an upper directory changes in the image: what is new, deleted or hidden. */
import type { BigIntStats } from 'node:fs'
import { isOrdinaryXattr, isWhiteout, opaqueMark, type Stack } from './stack.ts'
import { walkUpper, xattrLister, type FileFacts, type UpperName } from './walk.ts'

/** A name in an upper directory, compared with the image. */
export interface UpperEntry {
  /** Relative to the upper directory: `etc/passwd` (bytes.ts). */
  path: string
  stat: BigIntStats
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
  /** Names of extended attributes, without those of overlayfs. */
  xattrs: string[]
}

/** How many names are judged at a time: each batch costs one round trip to the native program. */
const batchSize = 512

/**
 * Everything that an upper directory changes in the image, in tree order: the names in a directory
 * sorted by their bytes, each followed by what is in it. Comes in batches.
 *
 * overlayfs leaves two marks (Documentation/filesystems/overlayfs.rst, "whiteouts and opaque
 * directories"): a character device 0:0 is a *whiteout*, a deleted name; a directory with the
 * attribute `trusted.overlay.opaque` hides the directories of its name below. The kernel marks
 * every new directory as opaque, even if there is nothing to hide.
 *
 * The container-init layer is not part of the image and is not committed. Its files are left out.
 * Its directories are reported only if the image has them too and they were changed, or if
 * something in them was.
 *
 * A name that disappears during the walk counts as deleted just before it. For a consistent view
 * of a running container, freeze it first.
 */
export async function* readUpper(stack: Stack): AsyncGenerator<UpperEntry[]> {
  const lister = xattrLister(stack)
  const withheld: UpperEntry[] = []
  let batch: UpperName[] = []
  const judged = async () => {
    await lister.listXattrs(batch)
    return batch.flatMap((name) => release(withheld, name, judge(stack, name)))
  }
  try {
    for (const name of walkUpper(stack)) {
      if (batch.push(name) < batchSize) continue
      yield await judged()
      batch = []
    }
    yield await judged()
  } finally {
    await lister.end()
  }
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
  const lastLayer = parent?.lastLayer ?? 0
  const shown = name.layers.filter(({ layer }) => layer <= lastLayer)
  const lower = shown[0]?.stat
  if (isWhiteout(stat) && !lower) return undefined
  const isMerged = stat.isDirectory() && lower?.isDirectory() === true
  // Below an opaque directory everything is hidden already: the kernel's mark adds nothing there.
  const isOpaque = isMerged && isMarkedOpaque(name) && !parent?.isHiding
  // An opaque directory in a layer of the image hides the layers further down.
  name.lastLayer = shown.find(isMarkedOpaque)?.layer ?? lastLayer
  name.isHiding = isMarkedOpaque(name) || parent?.isHiding === true
  const hidden = shown.filter(({ layer }) => layer <= name.lastLayer).map((each) => each.path)
  return {
    path,
    stat,
    lower,
    isWhiteout: isWhiteout(stat),
    isOpaque,
    hides: isMerged && name.isHiding ? hidden : [],
    isTouched: isMerged ? isOpaque || differs(name, lower) : !isInitDirectory(name),
    xattrs: name.xattrs.filter(isOrdinaryXattr),
  }
}

/**
 * Hold back directories of the container-init layer until something in them is found. `withheld` is
 * the path from such a directory down to the current name.
 */
function release(
  withheld: UpperEntry[],
  name: UpperName,
  entry: UpperEntry | undefined,
): UpperEntry[] {
  if (!entry) return []
  while (withheld.length > 0 && !entry.path.startsWith(`${withheld.at(-1)?.path}/`)) withheld.pop()
  if (entry.isTouched || !isInitDirectory(name)) return [...withheld.splice(0), entry]
  withheld.push(entry)
  return []
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
