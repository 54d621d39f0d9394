/** Which containers use a volume: all that are on record with it, whether they run or not. */
import { listContainers } from '../container/find.ts'
import type { Container } from '../options.ts'
import type { AskedMount, AskedVolume } from './mounts.ts'

/** For each volume that is used, its containers, newest first. */
export function volumeUsers(root: string): Map<string, Container[]> {
  const users = new Map<string, Container[]>()
  for (const container of listContainers(root))
    for (const name of new Set(volumesOf(container)))
      users.set(name, [...(users.get(name) ?? []), container])
  return users
}

/** The names of the volumes of a container. */
export function volumesOf({ mounts = [] }: { mounts?: AskedMount[] }): string[] {
  return mounts.filter(isVolume).flatMap(({ source }) => source ?? [])
}

/** A volume among mounts. */
export function isVolume(mount: AskedMount): mount is AskedVolume {
  return mount.type === 'volume'
}
