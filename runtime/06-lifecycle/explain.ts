/** Why a container that lives on cannot be set up: its journal, its log, its socket. */
import { existsSync, lstatSync, statfsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Call } from '../calls.ts'
import type { FailedStep } from '../chapter-tools.ts'

/** In one line, with what to type next; undefined if the errno says it all. */
export function explainLife(call: Call, scene: FailedStep): string | undefined {
  if (call[0] === 'supervise') return ofFile(join(call[1], 'journal'), scene)
  if (call[0] === 'open_log') return ofFile(call[1], scene)
  if (call[0] === 'listen') return ofSocket(call[1], scene)
  if (call[0] === 'attach') return notAttached(call[1], scene)
  return undefined
}

/** A file in the container's directory cannot be made, or opened. */
function ofFile(path: string, scene: FailedStep): string | undefined {
  const { errno } = scene
  const dir = dirname(path)
  if (errno === 'ENOENT' && !existsSync(seen(dir, scene))) return gone(dir)
  if (errno === 'ENOSPC') return ofFullDisk(dir, scene)
  const stat = lstatSync(seen(path, scene), { throwIfNoEntry: false })
  if (errno === 'ELOOP' && stat?.isSymbolicLink())
    return `a symbolic link is in its place, and is not followed: rm ${path}`
  if ((errno === 'EISDIR' || errno === 'EADDRINUSE') && stat?.isDirectory())
    return `a directory is in its place: rm -r ${path}`
  return undefined
}

/** A path as the process that made the call sees it. */
function seen(path: string, { pid }: Pick<FailedStep, 'pid'>): string {
  return `/proc/${pid}/root${path}`
}

function gone(dir: string): string {
  return `the container's directory is gone, ${dir}; to see which are there: stepbox ps -a`
}

/** There is space, or Node would have failed before; but no inode may be left (statfs(2)). */
function ofFullDisk(dir: string, scene: FailedStep): string | undefined {
  const { ffree, files } = statfsSync(seen(dir, scene))
  if (files === 0 || ffree > 0) return undefined
  return `no inode is left for ${dir} (df -i); to free some: stepbox container prune`
}

/** Its address names the directory by /proc/self/fd, because the path may be too long for one. */
function ofSocket(dir: string, scene: FailedStep): string | undefined {
  if (scene.errno === 'ENOENT' && !existsSync(seen('/proc/self', scene)))
    return 'the socket is named by /proc, which is not there: mount -t proc proc /proc'
  return ofFile(join(dir, 'attach'), scene)
}

/** Why a client cannot attach to the container in `dir`; undefined if the errno says it all. */
export function notAttached(
  dir: string,
  scene: Pick<FailedStep, 'errno' | 'pid'>,
): string | undefined {
  const { errno } = scene
  if (errno === 'ECONNREFUSED') return 'who listened has ended; to see how: stepbox ps -a'
  if (errno !== 'ENOENT') return undefined
  if (!existsSync(seen(dir, scene))) return gone(dir)
  return 'no process of the container listens; to start it: stepbox start -a'
}
