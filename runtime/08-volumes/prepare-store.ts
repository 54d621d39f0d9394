/** The volumes of a container: named and made when it is created, and there when it starts. */
import { saveRunning } from '../container/state.ts'
import type { Setting } from '../chapter.ts'
import type { Container } from '../options.ts'
import { anonymousName, volumeNamed, withVolumes, type NewVolume } from './change-volumes.ts'
import { copyUp, finishFilling } from './copy-up.ts'
import type { AskedMount, AskedVolume } from './mounts.ts'
import { isVolume } from './volume-users.ts'
import { checkDriver, checkOptions } from './volume-options.ts'
import { checkVolumeName, readVolume } from './volumes.ts'
import { mountsFrom } from './volumes-from.ts'

declare module '../options.ts' {
  interface ContainerOptions {
    /** `CONTAINER[:ro|rw]` each: it gets what these have mounted. */
    volumesFrom?: string[]
  }
}

/**
 * See to it that the volumes of a container are there. A new one gets the mounts of the containers
 * that it names, names for volumes without one, volumes that are missing, and in empty volumes what
 * its image has at their places. Its use of them is on record before the first is made: whoever
 * removes volumes sees it.
 */
export async function prepareStore(setting: Setting): Promise<void> {
  const { container, root } = setting
  const { mounts = [], volumesFrom = [] } = container
  if (mounts.length + volumesFrom.length === 0) return
  if (!isNew(container)) return checkVolumes(root, mounts)
  const lent = volumesFrom.flatMap((word) => mountsFrom(root, word))
  const all = inPlace([...mounts, ...lent]).map(withName)
  const own = all.filter((each) => isVolume(each) && each.from !== 'container') as NamedVolume[]
  container.mounts = all
  for (const { source, driver, driverOptions = {} } of own) {
    checkVolumeName(source)
    checkDriver(source, driver)
    checkOptions(source, driverOptions)
  }
  const others = all.filter(({ from }) => from === 'container')
  if (all.some(isVolume))
    await withVolumes(root, async () => {
      saveRunning(root, container)
      checkVolumes(root, others) // the container that has them may be gone, with them
      for (const each of own) {
        await volumeNamed(root, newVolume(each))
        finishFilling(root, each.source)
      }
    })
  const fillings = own.filter(({ noCopy }) => !noCopy)
  await copyUp(setting, fillings.map(({ source, target }) => ({ name: source, target })))
}

type NamedVolume = AskedVolume & { source: string }

/** It was never started, and is not being started again. */
function isNew({ life, status }: Container): boolean {
  return life === undefined && status === 'created'
}

/** What a container had before, or has of another one, is there, or it cannot start. */
function checkVolumes(root: string, mounts: AskedMount[]): void {
  for (const { source } of mounts.filter(isVolume))
    if (source !== undefined && !readVolume(root, source))
      throw new Error(`volume '${source}' is gone; 'stepbox volume create ${source}' makes it anew`)
}

/**
 * One mount for each place. What was asked for by name or path counts first, then what another
 * container has there, and volumes without a name only where nothing else is.
 */
function inPlace(mounts: AskedMount[]): AskedMount[] {
  const rankOf = (each: AskedMount) =>
    each.from === 'container' ? 1 : isVolume(each) && each.source === undefined ? 2 : 0
  const places = new Map<string, AskedMount>()
  for (const each of mounts) {
    const other = places.get(each.target)
    if (!other || rankOf(each) <= rankOf(other)) places.set(each.target, each)
  }
  return mounts.filter((each) => places.get(each.target) === each)
}

function withName(mount: AskedMount): AskedMount {
  if (!isVolume(mount) || mount.source !== undefined) return mount
  return { ...mount, source: anonymousName(), isAnonymous: true }
}

function newVolume({ source, labels, driverOptions }: NamedVolume): NewVolume {
  return {
    name: source,
    ...(labels ? { labels } : {}),
    ...(driverOptions ? { options: driverOptions } : {}),
  }
}
