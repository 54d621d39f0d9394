/**
 * The data root, closed to other users. What lies in it is trusted: a state file says which
 * processes to kill, a layer has the set-user-id files of an image, a mark the secrets of `-e`.
 */
import { accessSync, chmodSync, constants, lstatSync, mkdirSync, type Stats } from 'node:fs'
import { join, resolve } from 'node:path'
import { errnoIn, namesIn } from './files.ts'
import { intruderOn, type Intruder } from './trust.ts'

const places = [
  ...(['blobs', 'layers', 'containers', 'names', 'running', 'rootfs', 'volumes', 'tmp'] as const),
  ...(['networks', 'resolving'] as const),
] as const

const files = ['oci-layout', 'index.json', 'break.json', 'lab.json', 'events', 'events.1']

export type Place = (typeof places)[number]

const known = new Set<string>()

/**
 * Make sure, once in each process, that nobody else can change what is in a data root. Whoever
 * reads one calls this first. Throws if it belongs to another user, or if one can write in it or
 * rename what leads to it. What an earlier version left readable for others is closed.
 */
export function openRoot(root: string): void {
  if (known.has(root)) return
  try {
    closeSticky(root, [...places, ...files])
    for (const place of places) closeSticky(join(root, place))
    const found = intruderOn(root, places)
    if (found) throw new Error(refusal(root, found))
    if (statOf(root)) accessSync(root, constants.R_OK | constants.X_OK)
  } catch (cause) {
    if (errnoIn(cause) !== 'EACCES') throw cause
    const words = `the data root ${root} is closed to user ${process.geteuid?.()}`
    throw new Error(`${words}\n  give a directory that is open to you: --root DIR`, { cause })
  }
  closeToOthers(root)
  known.add(root)
}

/**
 * Close a directory that is open to everybody but sticky, as a tmpfs is when it was mounted: nobody
 * can have renamed or removed what is another's (inode(7)), so if all in it is ours, nobody has
 * changed anything. A root is known by what is in it: /tmp stays as it is.
 */
function closeSticky(dir: string, known?: readonly string[]): void {
  const stat = statOf(dir)
  const isOurs = (each: Stats | undefined) => each?.uid === process.geteuid?.()
  if (!stat?.isDirectory() || !isOurs(stat) || (stat.mode & 0o1002) !== 0o1002) return
  const names = namesIn(dir)
  const isKnown = !known || (names.length > 0 && names.every((name) => known.includes(name)))
  if (!isKnown || !names.every((name) => isOurs(statOf(join(dir, name))))) return
  chmodSync(dir, stat.mode & 0o755)
}

/** Make a directory of the data root, and the root itself, if there is none yet. Gives its path. */
export function makePlace(root: string, place: Place): string {
  openRoot(root)
  const dir = join(root, place)
  if (statOf(dir)) return dir
  mkdirSync(root, { recursive: true, mode: 0o711 })
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  return dir
}

/** Whether it is a data root, and not a directory with other things in it, as /tmp. */
function isStore(root: string): boolean {
  return ['oci-layout', 'running'].some((name) => statOf(join(root, name)))
}

function refusal(root: string, { path, isWhole, why, isOpen }: Intruder): string {
  const which = path === resolve(root) ? 'it' : path
  const own = process.geteuid?.() ?? 0
  const mend = isOpen ? `chmod go-w ${quoted(path)}` : `chown -Rh ${own}:${own} ${quoted(path)}`
  const advice = !isWhole
    ? 'give another, below directories that only you or root can change: --root DIR'
    : isStore(root)
      ? `if you trust all that is in it: ${mend}; or give another: --root DIR`
      : 'give a directory that only you can change: --root DIR'
  return (
    `the data root ${root} is not safe: ${which} ${why}\n` +
    '  they could choose which processes are killed and which files are written here\n' +
    `  ${advice}`
  )
}

function quoted(path: string): string {
  return /^[\w./:=@%+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
}

/**
 * Take from other users what they may read. A place that is closed already needs no second look, so
 * the files in it come first. Layers keep the modes that their image gives them.
 */
function closeToOthers(root: string): void {
  const top = statOf(root)
  if (!isStore(root) || !top) return // a directory with other things in it
  for (const name of ['oci-layout', 'index.json']) close(join(root, name))
  for (const place of places) {
    const dir = join(root, place)
    if (!isReadable(statOf(dir))) continue
    for (const path of filesOf(dir, place)) close(path)
    close(dir)
  }
  if (top.isDirectory() && (top.mode & 0o066) !== 0) chmodOurs(root, top, top.mode & 0o711)
}

/** What Stepbox itself writes there, and not what containers and images have. */
function filesOf(dir: string, place: Place): string[] {
  const within = (path: string) =>
    statOf(path)?.isDirectory() ? namesIn(path).map((name) => join(path, name)) : []
  if (place === 'running') return within(dir)
  if (place === 'layers') return within(dir).filter((path) => path.endsWith('.size'))
  if (place === 'blobs') return [...within(join(dir, 'sha256')), join(dir, 'sha256')]
  if (place === 'containers')
    return within(dir).flatMap((own) => [join(own, 'state.json'), join(own, '.room'), own])
  if (place === 'volumes')
    return within(dir).flatMap((own) => [join(own, 'volume.json'), own])
  return []
}

function isReadable(stat: Stats | undefined): boolean {
  return stat !== undefined && !stat.isSymbolicLink() && (stat.mode & 0o077) !== 0
}

function close(path: string): void {
  const stat = statOf(path)
  if (stat && isReadable(stat)) chmodOurs(path, stat, stat.isDirectory() ? 0o700 : 0o600)
}

function chmodOurs(path: string, { uid }: Stats, mode: number): void {
  if (uid !== process.geteuid?.()) return
  try {
    chmodSync(path, mode)
  } catch (error) {
    if (errnoIn(error) !== 'EROFS') throw error // ignoring: nothing can be changed there
  }
}

function statOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false })
}
