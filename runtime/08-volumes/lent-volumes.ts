/** What happens to the volumes of a container when it starts, ends and is removed. */
import type { Lent, Setting } from '../chapter.ts'
import type { Container } from '../options.ts'
import { announceVolume, removeUnused } from './change-volumes.ts'
import { isVolume } from './volume-users.ts'

/** Docker's events: a volume is mounted before its container starts, and unmounted after. */
export function lentVolumes({ mounts = [] }: Container): Lent[] {
  return mounts.filter(isVolume).map(({ source = '', target, readOnly }) => {
    const driver = 'local'
    const use = { destination: target, driver, propagation: '', 'read/write': String(!readOnly) }
    return {
      type: 'volume',
      id: source,
      given: { action: 'mount', attributes: use },
      returned: { action: 'unmount', attributes: { driver } },
    }
  })
}

/**
 * A container goes: of its volumes only those without a name go with it, if that was asked for, and
 * if no other container has them by --volumes-from.
 */
export async function removeVolumesOf({ container, root, warn, isWhole }: Setting): Promise<void> {
  const all = (container.mounts ?? []).filter(isVolume)
  const names = all.flatMap(({ source, isAnonymous }) => (isAnonymous && source ? [source] : []))
  if (!isWhole || names.length === 0) return
  for (const name of await removeUnused({ root, warn }, names, container))
    announceVolume(root, { name, action: 'destroy' })
}
