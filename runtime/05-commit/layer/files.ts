/** Chapter 5. The calls that make a file exactly as an archive has it. */
import { closeInherited } from '../../01-namespaces/namespaces.ts'
import { firstFd } from '../../descriptors.ts'
import { stepOf, type Step } from '../../step.ts'
import type { Entry, Piece, Xattr } from '../tar/tar.ts'
import { isOrdinary, opaqueMark } from '../../04-overlay/upper.ts'

const step = stepOf(5)

/** From here on, paths mean what is in `dir`, and files get the permissions that are asked for. */
export function enter(dir: string): Step[] {
  return [
    ...closeInherited(),
    step(['chroot', dir], 'no name and no link in an archive can lead out of here'),
    step(['chdir', '/'], 'the working directory would still be outside'),
    step(['umask', 0], 'the archive knows which permissions there are to be'),
  ]
}

/** A directory is finished last, by `finished`: what is put into it changes its time. */
export function newDirectory(path: string): Step[] {
  return [step(['mkdir', path, 0o755], 'what follows may lie in it')]
}

/** A file without content, a device, a fifo or a symlink. */
export function newNode(path: string, { type, mode, target, device }: Entry): Step[] {
  if (type === 'symlink') return [step(['symlink', target, path], 'wherever it leads')]
  const { major, minor } = device
  const permissions = mode & 0o777
  if (type === 'fifo')
    return [step(['mknod', path, 'S_IFIFO', permissions, 0, 0], 'a pipe with a name')]
  if (type === 'character')
    return [step(['mknod', path, 'S_IFCHR', permissions, major, minor], 'a device is two numbers')]
  if (type === 'block')
    return [step(['mknod', path, 'S_IFBLK', permissions, major, minor], 'a device is two numbers')]
  return [step(['mknod', path, 'S_IFREG', permissions, 0, 0], 'an empty file')]
}

/** Another name of a file that is there already; link(2) does not follow a symlink. */
export function newName(target: string, path: string): Step[] {
  return [step(['link', target, path], 'one file, two names')]
}

/** A file that is written next. Nothing that is already there is ever written to. */
export function newFile(path: string, { mode }: Entry): Step[] {
  const flags = ['O_WRONLY', 'O_CREAT', 'O_EXCL', 'O_NOFOLLOW', 'O_CLOEXEC'] as const
  const why = 'always a new file, never one behind a link'
  return [step(['open', path, [...flags], mode & 0o777], why)]
}

/** Its content, in any number of pieces. What is left out becomes a hole. */
export function written({ offset, data }: Piece): Step[] {
  return [step(['pwrite', firstFd, data, offset], 'where the archive has it')]
}

/** `end` is where its data end. */
export function closed({ size }: Entry, end: number): Step[] {
  const isShort = end < size
  const why = 'a hole at the end is made by length alone'
  return [
    ...(isShort ? [step(['ftruncate', firstFd, size], why)] : []),
    step(['close', firstFd], 'the next file gets this descriptor'),
  ]
}

/** Everything about a file but its content; not for directories. */
export function attributes(path: string, entry: Entry): Step[] {
  const isSpecial = entry.type !== 'symlink' && (entry.mode & 0o7000) !== 0
  return [
    ...owner(path, entry),
    ...(isSpecial ? [step(['chmod', path, entry.mode], 'a new owner takes setuid away')] : []),
    ...entry.xattrs.filter(isKept).map((xattr) => attribute(path, xattr)),
    step(['utimensat', path, entry.mtimeNs], 'as it was when the archive was made'),
  ]
}

/**
 * What a directory may have at once. Its time would change, and its ACL go to what is put into it.
 */
export function directoryBegun(path: string, entry: Entry): Step[] {
  const now = entry.xattrs.filter((xattr) => isKept(xattr) && xattr.name !== defaultAcl)
  return [...owner(path, entry), ...now.map((xattr) => attribute(path, xattr))]
}

/** The rest of it, when nothing more is put into it. */
export function directoryDone(path: string, { mode, mtimeNs, acl }: Later): Step[] {
  return [
    step(['chmod', path, mode], 'only now: set-group-id would go to what is put into it'),
    ...(acl ? [attribute(path, acl)] : []),
    step(['utimensat', path, mtimeNs], 'only now: each file put into it changed its time'),
  ]
}

/** What waits for the end of the archive. */
export interface Later {
  mode: number
  mtimeNs: bigint
  acl?: Xattr
}

export function later({ mode, mtimeNs, xattrs }: Entry): Later {
  const acl = xattrs.find(({ name }) => name === defaultAcl)
  return { mode, mtimeNs, ...(acl ? { acl } : {}) }
}

const defaultAcl = 'system.posix_acl_default'

/** The name is deleted in the layers below. */
export function whiteout(path: string): Step[] {
  return [step(['mknod', path, 'S_IFCHR', 0, 0, 0], 'overlayfs takes 0:0 for a deleted name')]
}

/** Nothing of the layers below is seen in this directory. */
export function opaque(path: string): Step[] {
  const why = 'overlayfs looks no further down'
  return [step(['lsetxattr', path, opaqueMark, Buffer.from('y')], why)]
}

/** Make room for a later entry of the same name. */
export function removed(path: string, isDirectory: boolean): Step[] {
  const why = 'the last entry of a name is the one that counts'
  return [isDirectory ? step(['rmdir', path], why) : step(['unlink', path], why)]
}

function owner(path: string, { uid, gid }: Entry): Step[] {
  if (uid === 0 && gid === 0) return []
  return [step(['lchown', path, uid, gid], 'root made it; here is whose it is')]
}

/** An archive has no say in what overlayfs takes a file for. */
function isKept({ name }: Xattr): boolean {
  return isOrdinary(name)
}

function attribute(path: string, { name, value }: Xattr): Step {
  return step(['lsetxattr', path, name, value], 'a new owner takes capabilities away')
}
