/**
 * Directories that a container is given: what was asked for, and what its plan needs to know.
 *
 * A bind mount is a directory or file of the host, by its path. A volume is a directory of the data
 * root, by its name. In the list there is no difference: both are a tree of the host.
 */
import type { MountFlag } from '../flag-names.ts'

declare module '../chapter.ts' {
  interface ImageSettings {
    /** Where a container gets volumes without being asked: their targets are the keys. */
    Volumes?: Record<string, object> | null
  }
}

declare module '../options.ts' {
  interface ContainerOptions {
    mounts?: AskedMount[]
  }
  interface PlanOptions {
    /** In any order: the planners sort them. */
    volumes?: PlannedMount[]
  }
}

/** What mounts made later on one side become on the other; with `r`, below mounts in it as well. */
export type Propagation = (typeof propagations)[number]

export const propagations = [
  ...(['private', 'rprivate', 'slave', 'rslave', 'shared', 'rshared'] as const),
]

/** A mount as it was asked for. It is kept in the container's state. */
export type AskedMount = AskedBind | AskedVolume | AskedTmpfs

interface AskedAny {
  /** Absolute, in its shortest form. */
  target: string
  readOnly: boolean
  /** By which words: a flag, the image's VOLUME, or --volumes-from. */
  from: 'volume' | 'mount' | 'tmpfs' | 'image' | 'container'
  /** The value of `-v` or `--tmpfs` as it was typed; for `inspect`. */
  typed?: string
  /** What `-v` had after the second colon. */
  mode?: string
  /** For Docker on a Mac; here it changes nothing. */
  consistency?: string
}

export interface AskedBind extends AskedAny {
  type: 'bind'
  /** Absolute, on the host. */
  source: string
  /** Without it, `rprivate`. */
  propagation?: Propagation
  /** Without the mounts below it. */
  isAlone?: boolean
  /** Read-only itself, and not the mounts below it. */
  isWritableBelow?: boolean
}

export interface AskedVolume extends AskedAny {
  type: 'volume'
  /** The name of the volume. An anonymous one gets its name when the container is created. */
  source?: string
  isAnonymous?: boolean
  /** What the image has there is not copied into a new volume. */
  noCopy?: boolean
  /** A directory in the volume, in place of its top. */
  subpath?: string
  labels?: Record<string, string>
  driver?: string
  driverOptions?: Record<string, string>
  propagation?: Propagation
}

export interface AskedTmpfs extends AskedAny {
  type: 'tmpfs'
  /** As for mount(8): `size=64m`, `mode=1770`, `exec`. */
  options: string[]
}

/** A mount as the list has it. */
export type PlannedMount = PlannedTree | PlannedTmpfs

/** A directory or file of the host, with what is mounted below it. */
export interface PlannedTree {
  type: 'tree'
  /** Absolute, on the host. */
  source: string
  /** What is given of it, if that is not all: a path in `source`, resolved inside of it. */
  within?: string
  target: string
  isFile: boolean
  readOnly: boolean
  isRecursive: boolean
  isWritableBelow: boolean
  propagation: Propagation
}

export interface PlannedTmpfs {
  type: 'tmpfs'
  target: string
  flags: MountFlag[]
  /** As mount(2) takes it: `size=64m`. */
  data: string | null
}
