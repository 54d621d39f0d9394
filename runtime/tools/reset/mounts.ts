/** Leftover mounts: a container's mounts that appear on the host. */
import { realpathSync } from 'node:fs'
import { runningContainers } from '../../container/find.ts'
import { perform, StepError } from '../../native.ts'
import { isAlive } from '../../process.ts'
import { toolStep } from '../../step.ts'
import type { Mount } from '../../mountinfo.ts'
import { mountsOf } from '../proc.ts'
import type { Leftover, ResetScope } from '../../chapter-tools.ts'

/**
 * Mounts below the directories of the data root that containers use, and overlays elsewhere that
 * are made of those; the last mounted first. The user may have mounted the directories themselves.
 */
export function mountLeftovers({ root, force }: ResetScope): Leftover[] {
  const healthy = runningContainers(root)
    .filter(({ monitor }) => !force && isAlive(monitor))
    .map(({ id }) => `/${id}/`)
  const dirs = partsOf(root)
  const isOurs = (mount: Mount) =>
    dirs.some((dir) => mount.target.startsWith(dir) || isMadeOf(mount, dir))
  const isInUse = ({ target, superOptions }: Mount) =>
    healthy.some((id) => `${target}/ ${superOptions}`.includes(id))
  return mountsOf('self')
    .filter((mount) => isOurs(mount) && !isInUse(mount))
    .reverse()
    .map(({ target, type, source }) => ({
      kind: 'mount',
      what: target,
      why: `${type} from ${source}: a container's mounts belong inside it`,
      remove: () => unmount(target),
    }))
}

function partsOf(root: string): string[] {
  const real = realPath(root)
  return ['containers', 'tmp', 'rootfs', 'layers'].map((name) => `${real}/${name}/`)
}

/** The mount table has paths without symbolic links. */
function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path // ignoring: it does not exist, so nothing is mounted in it
  }
}

function isMadeOf({ type, superOptions }: Mount, dir: string): boolean {
  return type === 'overlay' && superOptions.includes(dir)
}

/** Lazily, because the processes that use it are ended only later. */
async function unmount(target: string): Promise<void> {
  try {
    await perform([toolStep(['umount2', target, ['MNT_DETACH']], 'it was left behind')])
  } catch (error) {
    const isGone = error instanceof StepError && /EINVAL|ENOENT/.test(error.report.errno ?? '')
    if (!isGone) throw error
  }
}
