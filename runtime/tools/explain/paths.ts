/** Why a path cannot be followed: which part of it is missing, or not a directory. */
import { dirname } from 'node:path'
import type { FailedStep } from '../../chapter-tools.ts'
import { procLink, statusField } from '../proc.ts'
import { find, isReadOnly, mountOf, whyNot, type Lookup } from './scene.ts'

/** Why `path` cannot be used. Undefined if all of it is simply missing: the errno says that. */
export function ofPath(path: string, scene: FailedStep): string | undefined {
  const found = find(scene, path)
  if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(scene.errno)) {
    if (found.is === 'missing' && found.link === undefined && isWhole(found, path)) return undefined
    if (found.is !== 'there') return whyNot(scene, path, found)
    return scene.errno === 'ENOTDIR' && !found.stat.isDirectory()
      ? `${path} is a file, not a directory`
      : undefined
  }
  if (scene.errno === 'EACCES') return closedDirectory(path, scene)
  if (scene.errno !== 'EROFS') return undefined
  const at = find(scene, found.is === 'there' ? path : dirname(path))
  const mount = at.is === 'there' ? mountOf(scene, at.real) : undefined
  return mount && isReadOnly(mount) ? `the mount on ${mount.target} is read-only` : undefined
}

function isWhole(found: Lookup, path: string): boolean {
  return found.path === path.replace(/(.)\/+$/, '$1')
}

/** The directory of the path that an ordinary user has no permission to search. */
function closedDirectory(path: string, scene: FailedStep): string | undefined {
  const uid = Number(statusField(scene.pid, 'Uid').split(/\s+/)[1])
  const gid = Number(statusField(scene.pid, 'Gid').split(/\s+/)[1])
  if (uid === 0 || !path.startsWith('/')) return undefined
  const names = path.split('/').filter(Boolean)
  const ways = ['/', ...names.map((_, at) => `/${names.slice(0, at + 1).join('/')}`)]
  for (const way of ways) {
    const found = find(scene, way)
    if (found.is !== 'there' || !found.stat.isDirectory()) return undefined
    const { mode, uid: owner, gid: group } = found.stat
    const bit = uid === owner ? 0o100 : gid === group ? 0o010 : 0o001
    const shown = `0${(mode & 0o7777).toString(8)}`
    if ((mode & bit) === 0) return `uid ${uid} may not search ${way}: its mode is ${shown}`
  }
  return undefined
}

/** getcwd failed with ENOENT: the working directory cannot be reached from the root. */
export function ofGetcwd({ pid, errno }: FailedStep): string | undefined {
  if (errno !== 'ENOENT') return undefined
  const cwd = procLink(pid, 'cwd')
  if (cwd === '') return undefined
  if (cwd.endsWith(' (deleted)')) return `the working directory has been removed: ${cwd}`
  return `the working directory is outside the root: it is the host's ${cwd}`
}
