/** Why a directory of the host cannot be attached. */
import { statSync } from 'node:fs'
import { toBytes } from '../bytes.ts'
import type { Call } from '../calls.ts'
import type { FailedStep } from '../chapter-tools.ts'
import { unlessMissing } from '../files.ts'

/** In one line, with what to do about it; undefined if the errno says it all. */
export function explainVolumes(call: Call, scene: FailedStep): string | undefined {
  const { errno } = scene
  if (errno === 'ENOSYS') return tooOld(call[0])
  if (call[0] === 'open_tree_as' && errno === 'ENOENT') return noSource(call[1])
  if (call[0] === 'move_mount_to' && errno === 'EINVAL') return kindsDiffer(call, scene)
  if (call[0] === 'openat2' && errno === 'ELOOP') return aLoop(call[2])
  if (call[0] === 'openat2' && isMissingPart(call[2], scene)) return noPart(call[2])
  if (call[0] === 'mknod_parents' && errno === 'EROFS') return notMade(call[1])
  if (call[0] === 'mknod_parents' && errno === 'ENOTDIR') return belowFile(call[1])
  if (call[0] === 'fchdir' && errno === 'ENOTDIR') return noDirectory(scene)
  if (call[0] === 'mount' && call[2] === '.' && errno === 'EINVAL') return notTaken(call[5])
  return undefined
}

function aLoop(path: string): string {
  return `links on the way to ${path} form a loop, or lead through a process's files in /proc`
}

/** A part of a volume is looked up from its top, and all else of this chapter from the root. */
function isMissingPart(path: string, { plan, index, errno }: FailedStep): boolean {
  const isOwn = plan[index]?.chapter === 8 && !path.startsWith('/')
  return isOwn && (errno === 'ENOENT' || errno === 'ENOTDIR')
}

function noPart(path: string): string {
  return `the volume has no directory ${path}: make it there first`
}

function notMade(path: string): string {
  return `${path} would be made in a mount that is read-only: make it in its source first`
}

function belowFile(path: string): string {
  return `a part of ${path} is a file, not a directory`
}

/** The place of a tmpfs was found by the line before. */
function noDirectory({ plan, index }: FailedStep): string | undefined {
  const found = plan[index - 1]?.call
  if (plan[index]?.chapter !== 8 || found?.[0] !== 'openat2') return undefined
  const [, , path] = found
  return `${path} is a file, and a tmpfs takes the place of a directory`
}

function notTaken(options: string | null): string | undefined {
  if (options === null) return undefined
  return `a tmpfs does not understand all of '${options}': size=64m and mode=1777 are valid`
}

/** Since when there is a call; other calls of the list are older. */
const since: Partial<Record<Call[0], string>> = {
  open_tree_as: '5.2, with open_tree(2)',
  move_mount_to: '5.2, with move_mount(2)',
  mount_setattr_tree: '5.12, with mount_setattr(2)',
  openat2: '5.6, with openat2(2)',
}

function tooOld(name: Call[0]): string | undefined {
  const version = since[name]
  return version && `this kernel is too old for volumes, or a filter denies it: Linux ${version}`
}

function noSource(path: string): string | undefined {
  if (path.startsWith('/proc/') || unlessMissing(() => statSync(toBytes(path)))) return undefined
  return `the host has no ${path} any more; it was there when the container was created`
}

/** A directory goes on a directory, and a file on a file. Both are open in the process. */
function kindsDiffer(
  [, tree, place]: Extract<Call, ['move_mount_to', ...unknown[]]>,
  { plan, index, pid }: FailedStep,
): string | undefined {
  const isDirectory = (fd: number) => statSync(`/proc/${pid}/fd/${fd}`).isDirectory()
  if (isDirectory(tree) === isDirectory(place)) return undefined
  const before = plan.slice(0, index).map(({ call }) => call)
  const opened = before.findLast((call) => call[0] === 'open_tree_as' && call[3] === tree)
  const found = before.findLast((call) => call[0] === 'openat2')
  const [source, target] = [String(opened?.[1]), String(found?.[2])]
  const [one, other] = isDirectory(tree) ? [source, target] : [target, source]
  return `${one} is a directory, and ${other} is a file`
}
