/** For consequences: options with limits, and what the host reads in the files of the group. */
import type { Limits } from '../../runtime/02-cgroups/limits.ts'
import { namesIn, tryRead } from '../../runtime/files.ts'
import type { PlanOptions } from '../../runtime/options.ts'

/** The ordinary options, with these limits, too. */
export function limited(limits: Limits): (ordinary: PlanOptions) => Partial<PlanOptions> {
  return ({ group }) => ({ group: { ...group, limits: { ...group.limits, ...limits } } })
}

/** What is in a file of the group, in whichever tree it is. */
export function valueOf(...names: string[]): { outside: string } {
  const paths = names.flatMap((name) => [`$group/${name}`, `*/$group/${name}`])
  return { outside: `cat ${paths.map((path) => `/sys/fs/cgroup/${path}`).join(' ')} 2> /dev/null` }
}

/** A disk of this machine, and a rate that is not exceeded while a test runs. */
export function diskHere(rate: number) {
  const isDisk = (name: string) => /^(?:[vsx]d|nvme|mmcblk)/.test(name)
  const name = namesIn('/sys/block').sort().find(isDisk) ?? 'loop0'
  const device = tryRead(`/sys/block/${name}/dev`)?.trim() ?? '7:0'
  return { path: `/dev/${name}`, device, rate }
}
