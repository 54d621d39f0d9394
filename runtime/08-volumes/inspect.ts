/** What Docker says of a container's mounts: in `inspect`, and in columns of `ps`. */
import type { Container } from '../options.ts'
import type { AskedMount } from './mounts.ts'
import { volumePath } from './volumes.ts'

/** `Mounts`: what is mounted, whoever has asked for it. Docker leaves `--tmpfs` out. */
export function mountPoints(root: string, { mounts = [] }: Container): object[] {
  return mounts
    .filter(({ from }) => from !== 'tmpfs')
    .map((mount) => {
      const { type, target, readOnly } = mount
      const same = { Destination: target, Mode: modeOf(mount), RW: !readOnly }
      if (type === 'tmpfs') return { Type: type, Source: '', ...same, Propagation: '' }
      const { source = '', propagation } = mount
      if (type === 'bind')
        return { Type: type, Source: source, ...same, Propagation: propagation ?? 'rprivate' }
      const { Destination, Mode, RW } = same
      const what = { Type: type, Name: source, Source: volumePath(root, source), Destination }
      return { ...what, Driver: mount.driver ?? 'local', Mode, RW, Propagation: '' }
    })
}

/** Docker labels a volume for SELinux unless it was told otherwise. */
function modeOf({ type, mode, from, ...mount }: AskedMount): string {
  if (mode !== undefined || type !== 'volume') return mode ?? ''
  const isNamed = 'isAnonymous' in mount && mount.isAnonymous === true
  return from === 'mount' || (from === 'volume' && !isNamed) ? 'z' : ''
}

/** The fields of `HostConfig`: what was asked for, by the flag. Undefined is only for templates. */
export function mountsAsked({ mounts = [], volumesFrom = [] }: Container): object {
  const typed = (from: string) => mounts.filter((mount) => mount.from === from)
  const binds = typed('volume').filter((mount) => !('isAnonymous' in mount))
  const specs = typed('mount').map(specOf)
  const tmpfs = typed('tmpfs').map(({ target, typed: words = '' }) => [target, words])
  return {
    Binds: binds.length > 0 ? binds.map((mount) => mount.typed) : null,
    VolumesFrom: volumesFrom.length > 0 ? volumesFrom : null,
    Mounts: specs.length > 0 ? specs : undefined,
    Tmpfs: tmpfs.length > 0 ? (Object.fromEntries(tmpfs) as object) : undefined,
  }
}

/** As Docker's API has a `--mount`: fields that say nothing are left out. */
function specOf(mount: AskedMount): object {
  const { type, target, readOnly, consistency } = mount
  const isNamed = type === 'bind' || (type === 'volume' && mount.isAnonymous !== true)
  return {
    Type: type,
    ...(isNamed ? { Source: mount.source } : {}),
    Target: target,
    ...(readOnly ? { ReadOnly: true } : {}),
    ...(consistency ? { Consistency: consistency } : {}),
    ...optionsOf(mount),
  }
}

function optionsOf(mount: AskedMount): object {
  if (mount.type === 'bind') {
    const { propagation, isAlone } = mount
    const fields = {
      ...(propagation ? { Propagation: propagation } : {}),
      ...(isAlone ? { NonRecursive: true } : {}),
    }
    return Object.keys(fields).length > 0 ? { BindOptions: fields } : {}
  }
  if (mount.type === 'tmpfs') {
    const { size, mode } = Object.fromEntries(mount.options.map((each) => each.split('=')))
    const fields = {
      ...(size ? { SizeBytes: Number(size) } : {}),
      ...(mode ? { Mode: parseInt(mode, 8) } : {}),
    }
    return Object.keys(fields).length > 0 ? { TmpfsOptions: fields } : {}
  }
  const { noCopy, labels, driver, driverOptions, subpath } = mount
  if (!noCopy && !labels && !driver && !driverOptions && !subpath) return {}
  return {
    VolumeOptions: {
      ...(noCopy ? { NoCopy: true } : {}),
      ...(labels ? { Labels: labels } : {}),
      DriverConfig: {
        ...(driver ? { Name: driver } : {}),
        ...(driverOptions ? { Options: driverOptions } : {}),
      },
      ...(subpath ? { Subpath: subpath } : {}),
    },
  }
}

/** Volumes by their names, and the sources of other mounts: the column MOUNTS. */
export function mountNames({ mounts = [] }: Container): string[] {
  return mounts
    .filter(({ from }) => from !== 'tmpfs')
    .map((mount) => (mount.type === 'tmpfs' ? '' : (mount.source ?? '')))
}

/** How many volumes it has. */
export function volumeCount({ mounts = [] }: Container): number {
  return mounts.filter(({ type }) => type === 'volume').length
}
