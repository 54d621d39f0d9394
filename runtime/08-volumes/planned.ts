/** From mounts as they were asked for to mounts as the list has them. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { toBytes } from '../bytes.ts'
import type { Setting } from '../chapter.ts'
import { unlessMissing } from '../files.ts'
import type { PlanOptions } from '../options.ts'
import type { AskedMount, AskedVolume, PlannedMount } from './mounts.ts'
import { checkLinks } from './check-links.ts'
import { checkPropagation, makeSource } from './source.ts'
import { plannedTmpfs } from './tmpfs.ts'
import { prepareStore } from './prepare-store.ts'
import { inPlaceOf } from './volume-options.ts'
import { readVolume, volumePath } from './volumes.ts'

type Given = Pick<Setting, 'container' | 'root'>

/**
 * Volumes are there from here on, and so are directories of the host that `-v` names. Of a
 * container that runs nothing is made: its mounts are there, whatever became of their sources.
 */
export async function prepareVolumes(setting: Setting): Promise<Partial<PlanOptions>> {
  const { status, mounts = [] } = setting.container
  if (status !== 'created') return plannedVolumes(setting)
  for (const mount of mounts) {
    if (mount.type !== 'bind') continue
    makeSource(mount)
    checkPropagation(mount)
  }
  await prepareStore(setting)
  const planned = plannedVolumes(setting)
  checkLinks(setting.dir, planned.volumes ?? [])
  return planned
}

/** The same, for a list that is only printed. */
export function plannedVolumes({ container, root }: Given): Partial<PlanOptions> {
  const { mounts = [] } = container
  return mounts.length > 0 ? { volumes: mounts.map((mount) => planned(mount, root)) } : {}
}

function planned(mount: AskedMount, root: string): PlannedMount {
  const { target, readOnly } = mount
  if (mount.type === 'tmpfs') return plannedTmpfs(mount)
  const instead = mount.type === 'volume' ? mountedInstead(mount, root) : undefined
  if (instead?.kind === 'tmpfs') {
    const options = ['suid', 'dev', 'exec', ...instead.options.split(',').filter(Boolean)]
    return plannedTmpfs({ type: 'tmpfs', target, readOnly, from: 'mount', options })
  }
  const { propagation = 'rprivate' } = mount
  const source = instead?.source ?? sourceOf(mount, root)
  const { subpath } = mount.type === 'volume' ? mount : { subpath: undefined }
  const given = unlessMissing(() => statSync(toBytes(join(source, subpath ?? ''))))
  const isFile = given?.isDirectory() === false
  const { isAlone = false, isWritableBelow = false } = mount.type === 'bind' ? mount : {}
  const how = { readOnly, isRecursive: !isAlone, isWritableBelow, propagation }
  return { type: 'tree', source, ...(subpath ? { within: subpath } : {}), target, isFile, ...how }
}

/** What the options of a volume say is mounted in place of its directory. */
function mountedInstead({ source = '', driverOptions }: AskedVolume, root: string) {
  const { options = driverOptions } = readVolume(root, source) ?? {}
  return inPlaceOf(options)
}

function sourceOf(mount: Exclude<AskedMount, { type: 'tmpfs' }>, root: string): string {
  const { source } = mount
  if (mount.type === 'bind') return mount.source
  const nameless = join(root, 'volumes/<anonymous>/_data')
  return source === undefined ? nameless : volumePath(root, source)
}
