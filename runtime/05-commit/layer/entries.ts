/** What is in a layer's archive for each name in an upper directory: data in, data out. */
import type { EntryType } from '../tar/tar.ts'

/** A name in an upper directory, compared with the image. JSON can hold all of it. */
export interface UpperFact extends FileAttributes {
  /** From the upper directory on: `etc/motd`. */
  path: string
  type: Exclude<EntryType, 'hardlink'>
  /** Names with the same number are names of one file. */
  inode: string
  /** How many names that file has. */
  links: number
  /** A deleted name: what lies here is overlayfs's mark, a character device 0:0. */
  isWhiteout: boolean
  /** A directory that was made where the image has another one, which must not show through. */
  isOpaque: boolean
  /** Made for the container, not by it: a file or a mount point of the container-init layer. */
  isInit: boolean
}

/** A file in a layer's archive. JSON can hold all of it. */
export interface LayerEntry extends FileAttributes {
  /** In the image: `etc/motd`. Directories have no slash at the end. */
  path: string
  /** A `hardlink` is one more name of the file whose path is `target`. */
  type: EntryType
}

export interface FileAttributes {
  /** Permissions, set-user-id, set-group-id and sticky bits: 0 to 0o7777. */
  mode: number
  uid: number
  gid: number
  /** In bytes; 0 if `type` is not `file`. */
  size: number
  /** Modification time in nanoseconds since 1970, in decimal digits: JSON has no bigint. */
  mtimeNs: string
  /** Where a symlink points; otherwise empty. */
  target: string
  /** The numbers of a device; otherwise 0:0. */
  device: { major: number; minor: number }
}

/**
 * The entries of a layer for `facts`, in the same order. `facts` are in tree order, each directory
 * before the names in it, and may be one batch of many: `firstNames` has the first name of each
 * file with several, by inode number, and is filled for the next batch.
 *
 * By the rules of the OCI image-spec (layer.md, "Whiteouts"):
 *
 *     a deleted name         an empty file `.wh.<name>` beside where it was
 *     an opaque directory    the directory, and in it an empty file `.wh..wh..opq`
 *     one more name          of a file that the archive has: a hard link to its first name
 *     a name of the init     nothing
 */
export function layerEntries(
  facts: UpperFact[],
  firstNames = new Map<string, string>(),
): LayerEntry[] {
  return facts.filter(({ isInit }) => !isInit).flatMap((fact) => entriesOf(fact, firstNames))
}

function entriesOf(fact: UpperFact, firstNames: Map<string, string>): LayerEntry[] {
  const { inode, links, isWhiteout, isOpaque, isInit: _, ...entry } = fact
  const { path, type } = entry
  // First of all: overlayfs makes all its whiteouts names of one file.
  if (isWhiteout) return [emptyFile(whiteoutOf(path))]
  if (isOpaque) return [entry, emptyFile(`${path}/.wh..wh..opq`)]
  if (links === 1 || type === 'directory') return [entry]
  const first = firstNames.get(inode)
  if (first !== undefined) return [{ ...entry, type: 'hardlink', size: 0, target: first }]
  firstNames.set(inode, path)
  return [entry]
}

/** `etc/.wh.motd` of `etc/motd`. */
function whiteoutOf(path: string): string {
  return path.replace(/[^/]*$/, '.wh.$&')
}

/** An empty file that marks something: root's, with no permissions and the time 0. */
export function emptyFile(path: string): LayerEntry {
  const device = { major: 0, minor: 0 }
  return { path, type: 'file', mode: 0, uid: 0, gid: 0, size: 0, mtimeNs: '0', target: '', device }
}
