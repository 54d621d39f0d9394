/** The system calls that make a file with everything that its archive entry says. */
import { closeInherited } from '../../01-namespaces/namespaces.ts'
import { isOrdinaryXattr, opaqueMark } from '../../04-overlay/stack.ts'
import { firstFd } from '../../descriptors.ts'
import { stepOf, type Step } from '../../step.ts'
import type { Entry, Piece, Xattr } from '../tar/tar.ts'

const step = stepOf(5)

/** Make `dir` the root of the process; all later paths are inside it. */
export function enter(dir: string): Step[] {
  return [
    ...closeInherited(),
    step(['chroot', dir], 'no name and no link in an archive can lead out of here'),
    step(['chdir', '/'], 'the working directory would still be outside'),
    step(['umask', 0], 'files get exactly the permissions in the archive'),
  ]
}

/** Make a directory. `directoryDone` finishes it: each file put into it changes its time. */
export function newDirectory(path: string): Step[] {
  return [step(['mkdir', path, 0o755], 'later entries may be in it')]
}

/** Make a device, a fifo or a symlink. */
export function newNode(path: string, { type, mode, target, device }: Entry): Step[] {
  if (type === 'symlink') return [step(['symlink', target, path], 'the target need not exist')]
  const { major, minor } = device
  const permissions = mode & 0o777
  if (type === 'fifo')
    return [step(['mknod', path, 'S_IFIFO', permissions, 0, 0], 'a fifo')]
  if (type === 'character')
    return [step(['mknod', path, 'S_IFCHR', permissions, major, minor], 'a device is two numbers')]
  return [step(['mknod', path, 'S_IFBLK', permissions, major, minor], 'a device is two numbers')]
}

/** Make a file whose content `data` is at hand, with everything else but its attributes. */
export function wholeFile(path: string, entry: Entry, data: Uint8Array): Step[] {
  const { mode, uid, gid, mtimeNs } = entry
  const why = 'always a new file, never one behind a symlink'
  return [step(['create', path, data, mode, uid, gid, ...timespecOf(mtimeNs)], why)]
}

/** Add a name to a file that exists. link(2) does not follow a symlink at `target`. */
export function newName(target: string, path: string): Step[] {
  return [step(['link', target, path], 'one file, two names')]
}

/** Create a file and open it for writing. O_EXCL: an existing file is never written to. */
export function newFile(path: string, { mode }: Entry): Step[] {
  const flags = ['O_WRONLY', 'O_CREAT', 'O_EXCL', 'O_NOFOLLOW', 'O_CLOEXEC'] as const
  const why = 'always a new file, never one behind a symlink'
  return [step(['open', path, [...flags], mode & 0o777], why)]
}

/** Write a piece of the open file. Ranges that no piece covers become holes. */
export function written({ offset, data }: Piece): Step[] {
  return [step(['pwrite', firstFd, data, offset], 'at its offset: gaps become holes')]
}

/** Close the open file. `end` is the offset after its last data; a hole may follow. */
export function closed({ size }: Entry, end: number): Step[] {
  const isShort = end < size
  const why = 'a hole at the end is made by length alone'
  return [
    ...(isShort ? [step(['ftruncate', firstFd, size], why)] : []),
    step(['close', firstFd], 'the next file gets this descriptor'),
  ]
}

/**
 * Set owner, mode, attributes and time of a file; not for directories. The order matters: chown(2)
 * clears set-user-id, set-group-id and the attribute security.capability.
 */
export function attributes(path: string, entry: Entry): Step[] {
  const isSpecial = entry.type !== 'symlink' && (entry.mode & 0o7000) !== 0
  return [
    ...owner(path, entry),
    ...(isSpecial ? [step(['chmod', path, entry.mode], 'chown cleared these bits')] : []),
    ...extended(path, entry),
    step(['utimensat', path, ...timespecOf(entry.mtimeNs)], 'the modification time in the archive'),
  ]
}

/** Set the extended attributes of a file. */
export function extended(path: string, { xattrs }: Entry): Step[] {
  return xattrs.filter(isKept).map((xattr) => attribute(path, xattr))
}

/** Seconds and nanoseconds, as the kernel has them: the seconds may be negative, not the rest. */
export function timespecOf(ns: bigint): [seconds: bigint, nanoseconds: number] {
  const rest = ((ns % billion) + billion) % billion
  return [(ns - rest) / billion, Number(rest)]
}

const billion = 1_000_000_000n

/**
 * Set what a directory can have before its files are made: not its time, which they change, and not
 * its default ACL, which they would inherit (acl(5)). One that was there may have another owner.
 */
export function directoryBegun(path: string, entry: Entry, wasThere: boolean): Step[] {
  const now = entry.xattrs.filter((xattr) => isKept(xattr) && xattr.name !== defaultAcl)
  return [...owner(path, entry, wasThere), ...now.map((xattr) => attribute(path, xattr))]
}

/** Set the rest, after the last file was put into the directory. */
export function directoryDone(path: string, { mode, mtimeNs, acl }: Later): Step[] {
  return [
    step(['chmod', path, mode], 'only now: new files would inherit set-group-id'),
    ...(acl ? [attribute(path, acl)] : []),
    step(
      ['utimensat', path, ...timespecOf(mtimeNs)],
      'only now: each new file in it changed its time',
    ),
  ]
}

/** What is set on a directory at the end of the archive. */
export interface Later {
  mode: number
  mtimeNs: bigint
  acl?: Xattr
}

/** The part of a directory's entry that is set at the end. */
export function later({ mode, mtimeNs, xattrs }: Entry): Later {
  const acl = xattrs.find(({ name }) => name === defaultAcl)
  if (!acl) return { mode, mtimeNs }
  // A copy: the value is a part of a chunk of the archive, which it would keep in memory.
  return { mode, mtimeNs, acl: { ...acl, value: Buffer.from(acl.value) } }
}

/** Where the kernel keeps a directory's default ACL (acl(5)). */
const defaultAcl = 'system.posix_acl_default'

/** Mark a name as deleted in the layers below. */
export function whiteout(path: string): Step[] {
  return [step(['mknod', path, 'S_IFCHR', 0, 0, 0], 'to overlayfs, 0:0 is a deleted name')]
}

/** Hide the directory of this name in the layers below. */
export function opaque(path: string): Step[] {
  const why = 'overlayfs does not look in the layers below'
  return [step(['lsetxattr', path, opaqueMark, Buffer.from('y')], why)]
}

const lastCounts = 'of several entries of one name the last one counts'

/** Remove a file, or a whiteout. */
export function fileRemoved(path: string): Step[] {
  return [step(['unlink', path], lastCounts)]
}

/** Remove a directory, which must be empty. */
export function directoryRemoved(path: string): Step[] {
  return [step(['rmdir', path], lastCounts)]
}

function owner(path: string, { uid, gid }: Entry, wasThere = false): Step[] {
  if (uid === 0 && gid === 0 && !wasThere) return []
  return [step(['lchown', path, uid, gid], 'root created it; this is its owner')]
}

/** An archive must not set overlayfs's attributes: they would make it show or hide other files. */
function isKept({ name }: Xattr): boolean {
  return isOrdinaryXattr(name)
}

function attribute(path: string, { name, value }: Xattr): Step {
  return step(['lsetxattr_if_held', path, name, value], 'chown would clear security.capability')
}
