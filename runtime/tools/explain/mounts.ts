/** Why a mount fails, apart from missing privileges. */
import type { FailedStep } from '../../chapter-tools.ts'
import { tryRead } from '../../files.ts'
import { ofOverlay } from './overlay.ts'
import { find, hasOwnRoot, isMountPoint, whyNot, type CallOf } from './scene.ts'

/** A mount failed. */
export function ofMount(call: CallOf<'mount'>, scene: FailedStep): string | undefined {
  const [, source, target, type, flags] = call
  const { errno } = scene
  if (errno === 'ENODEV' && type) return unknownType(type, tryRead('/proc/filesystems') ?? '')
  if (type === 'overlay') return ofOverlay(call, scene)
  if (errno === 'ELOOP') return ofLink(scene, target)
  const to = find(scene, target, false)
  if (to.is !== 'there') return missingTarget(scene, target, whyNot(scene, target, to))
  const isBind = flags.includes('MS_BIND') && !flags.includes('MS_REMOUNT')
  const from = isBind && source !== null ? find(scene, source) : undefined
  if (from && from.is !== 'there') return whyNot(scene, source ?? '', from)
  if (errno === 'ENOTDIR') {
    const hasDirectory = from ? from.stat.isDirectory() : true
    if (hasDirectory === to.stat.isDirectory()) return undefined
    if (!from) return `${target} is not a directory`
    const [one, other] = hasDirectory ? [source, target] : [target, source]
    return `${one} is a directory, and ${other} is a file`
  }
  const changes = ['MS_REMOUNT', 'MS_PRIVATE', 'MS_SLAVE', 'MS_SHARED', 'MS_MOVE'] as const
  const isChange = changes.some((flag) => flags.includes(flag))
  if (errno === 'EINVAL' && isChange && to.stat.isDirectory() && !isMountPoint(to.real))
    return `${target} is not a mount, so there is nothing to change`
  return undefined
}

/** A file system that is not in /proc/filesystems and has no module that loads on demand. */
export function unknownType(type: string, filesystems: string): string | undefined {
  const known = filesystems.split('\n').map((line) => line.split('\t').at(-1))
  if (known.includes(type)) return undefined
  return `this kernel has no ${type}, or its module is not loaded: modprobe ${type}`
}

function missingTarget(scene: FailedStep, target: string, why: string | undefined) {
  const isTop = !target.slice(1).includes('/')
  if (scene.errno === 'ENOENT' && isTop && hasOwnRoot(scene))
    return `the root file system has no ${target} to mount on`
  return scene.errno === 'ENOENT' || scene.errno === 'ENOTDIR' ? why : undefined
}

function ofLink(scene: FailedStep, target: string): string | undefined {
  const found = find(scene, target, false)
  if (found.is === 'loop') return whyNot(scene, target, found)
  if (found.is !== 'there' || !found.stat.isSymbolicLink()) return undefined
  return `${target} is a symbolic link, which a mount must not follow`
}
