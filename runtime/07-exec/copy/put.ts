/**
 * The system calls that put files into a directory, while a process in the container may rename,
 * replace and link whatever it likes there. Each file is made by one name in the working directory,
 * by calls that follow no link; and a directory is entered by a call that follows none, and then is
 * the working directory, whatever becomes of its name.
 */
import { extended, newFile, newNode, timespecOf } from '../../05-commit/layer/files.ts'
import type { Entry, Piece } from '../../05-commit/tar/tar.ts'
import type { ResolveFlag } from '../../flag-names.ts'
import { stepOf, type Step } from '../../step.ts'
import { rootFd } from '../inside-root.ts'
import { foundFd } from './held-root.ts'
import { asPlace, noLinks } from './look-up.ts'

const step = stepOf(7)

const atCwd = -100

/** The descriptor of the file that is being made, or of the directory that is being entered. */
const newFd = foundFd + 1

/** Whose a file becomes; undefined leaves it to who makes it. */
export type Owner = { uid: number; gid: number } | undefined

/** From now on no name at all can lead out of the container's root. */
export function closedIn(): Step[] {
  return [
    step(['fchdir', rootFd], 'chroot(2) takes a path, and this has none'),
    step(['chroot', '.'], 'a second wall: should a call follow a link, it stays in here'),
    ...atStart(),
  ]
}

/** Begin in the directory that was found. */
export function atStart(): Step[] {
  return [
    step(['umask', 0], 'files get exactly the permissions that they had'),
    step(['fchdir', foundFd], 'files are made by single names in the working directory'),
  ]
}

/** Go to the directory at `path`, counted from the one that was found. */
export function into(path: string, resolve: ResolveFlag[]): Step[] {
  if (path === '.') return [step(['fchdir', foundFd], 'back to where the copy begins')]
  const why = 'a directory that was swapped for a link is not entered'
  return [step(['openat2', foundFd, path, [...asPlace], resolve], why), ...here()]
}

function here(): Step[] {
  return [
    step(['fchdir', newFd], 'this very directory, whatever its name is by now'),
    step(['close', newFd], 'the next descriptor has this number'),
  ]
}

/** Make the directories above a file of an archive that has no entries for them. */
export function parents(path: string): Step[] {
  const why = 'the archive has files in it, and no entry for it'
  return [...into('.', []), step(['mkdir_parents', path, 0o755], why, 'EEXIST')]
}

/** Make a directory, or take the one that is there, and go into it. */
export function directoryEntered(name: string, entry: Entry, owner: Owner): Step[] {
  const mode = (entry.mode & 0o777) | 0o700
  return [
    step(['mkdir', name, mode], 'one that is there is kept, with what is in it', 'EEXIST'),
    step(['openat2', atCwd, name, [...asPlace], noLinks], 'not if it is a link, or a file'),
    ...here(),
    ...owned('.', owner),
    ...extended('.', entry),
  ]
}

/** Go into a directory for the last time. */
export function directoryLeft(path: string, entry: Entry, resolve: ResolveFlag[]): Step[] {
  return [
    ...into(path, resolve),
    step(['chmod', '.', entry.mode], 'only now: new files would inherit set-group-id'),
    step(['utimensat', '.', ...timespecOf(entry.mtimeNs)], 'only now: each new file changed it'),
  ]
}

/** Make a file and open it. */
export function fileBegun(name: string, entry: Entry): Step[] {
  return [...removed(name), ...newFile(name, entry)]
}

export function pieceWritten({ offset, data }: Piece): Step {
  return step(['pwrite', newFd, data, offset], 'at its offset: gaps become holes')
}

/** `end` is the offset after the last piece; a hole may follow. */
export function fileDone(name: string, entry: Entry, { end, owner }: Ending): Step[] {
  const hole = 'a hole at the end is made by length alone'
  const mine = owner && step(['fchown', newFd, owner.uid, owner.gid], 'root made it')
  return [
    ...(end < entry.size ? [step(['ftruncate', newFd, entry.size], hole)] : []),
    ...(mine ? [mine] : []),
    step(['fchmod', newFd, entry.mode], 'by its descriptor: chmod(2) would follow a link'),
    step(['close', newFd], 'the next descriptor has this number'),
    ...extended(name, entry),
    timed(name, entry),
  ]
}

interface Ending {
  end: number
  owner: Owner
}

/** Make a link, a device or a fifo. */
export function nodeMade(name: string, entry: Entry, owner: Owner): Step[] {
  return [...removed(name), ...newNode(name, entry), ...owned(name, owner), timed(name, entry)]
}

/** Make `name` one more name of the file at `target`, counted from the directory that was found. */
export function nameAdded(name: string, target: string, resolve: ResolveFlag[]): Step[] {
  const opened = 'the first of its names, which must not be a way elsewhere'
  return [
    step(['openat2', foundFd, target, ['O_PATH', 'O_NOFOLLOW', 'O_CLOEXEC'], resolve], opened),
    ...removed(name),
    step(['linkat', newFd, name], 'one file, two names'),
    step(['close', newFd], 'the next descriptor has this number'),
  ]
}

/** A file is replaced, never written into; unlink(2) refuses directories. */
function removed(name: string): Step[] {
  return [step(['unlink', name], 'a file in its place is replaced, not written into', 'ENOENT')]
}

function owned(name: string, owner: Owner): Step[] {
  return owner ? [step(['lchown', name, owner.uid, owner.gid], 'root made it')] : []
}

function timed(name: string, { mtimeNs }: Entry): Step {
  return step(['utimensat', name, ...timespecOf(mtimeNs)], 'its time, as it was')
}
