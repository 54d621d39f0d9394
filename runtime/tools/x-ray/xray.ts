/** A running container and its host side by side, as the kernel shows both. */
import { rowsFor, type Runtime } from '../../chapter.ts'
import type { XRayRow } from '../../chapter-tools.ts'
import { containerDir } from '../../container/state.ts'
import type { Container } from '../../options.ts'
import { pidHere } from '../../process.ts'
import { privilegesIn } from '../doctor/privileges.ts'
import { statsOf, type Stats } from '../../02-cgroups/group-stats.ts'
import { observe, type MountLine, type Observation } from '../walk/observe.ts'
import { layersOf, type SeenLayer } from './layers.ts'
import { networkOf } from './network.ts'
import { processesWith, type SeenProcess } from './processes.ts'

/**
 * What `stepbox x-ray --format json` prints. Fields may be added; what is here stays as it is.
 * `host` is what this program itself has, `container` what the container's first process has.
 */
export interface XRay {
  version: 1
  id: string
  name: string
  chapter: number
  image?: string
  command: string[]
  created: string
  host: Side
  container: Side
  processes: SeenProcess[]
  /** The inode of each kind of namespace on both sides. */
  namespaces: { kind: string; host: string; container: string }[]
  mounts: SeenMount[]
  groups: {
    dirs: string[]
    /** The values of `memory.max` and the like, without those set to "no limit". */
    limits: Record<string, string>
    usage: Stats
  }
  /** Topmost first; empty for a container without layers. */
  layers: SeenLayer[]
  /** The rows that chapters add. */
  more: XRayRow[]
}

/** The facts that are shown of both sides. */
export interface Side {
  /** By the host's number, and by that of the process's own pid namespace. */
  pid: number
  pidInside: number
  hostname: string
  /** Of the process, by the host's numbers: `0:0`. */
  user: string
  /** Names, in the order of their bits. */
  capabilities: string[]
  /** The type of the file system at `/`, and the directory of it that is mounted there. */
  root: { type: string; subtree: string }
  cwd: string
  interfaces: string[]
  addresses: string[]
  mounts: number
}

/** A mount of the container, and where the host has mounted the same file system. */
export interface SeenMount extends Omit<MountLine, 'id' | 'parent'> {
  onHost: string[]
}

/** Look at both sides. Undefined if the container has not started yet, or has ended. */
export async function xray(runtime: Runtime, container: Container): Promise<XRay | undefined> {
  const pid = container.init && pidHere(container.init)
  if (pid === undefined) return undefined
  if (pid === 'hidden')
    throw new Error(`the processes of '${container.name}' cannot be seen from here`)
  const { id, name, chapter, image, argv, created, groups = [] } = container
  const [host, inside] = await Promise.all([
    observe(process.pid),
    observe(pid, { groups }),
  ])
  if (!host || !inside) return undefined
  const dir = containerDir(runtime.root, id)
  const rows = await rowsFor(runtime, chapter)
  const ofChapters = await Promise.all(rows.map(({ tools }) => tools?.()))
  return {
    version: 1,
    id,
    name,
    chapter,
    ...(image ? { image: image.name } : {}),
    command: argv,
    created,
    host: sideOf(host),
    container: sideOf(inside),
    processes: processesWith(pid),
    namespaces: Object.keys(host.namespaces)
      .filter((kind) => !kind.endsWith('_for_children'))
      .map((kind) => ({
        kind,
        host: host.namespaces[kind] ?? '',
        container: inside.namespaces[kind] ?? '',
      })),
    mounts: inside.mounts.map((mount) => seenMount(mount, host.mounts)),
    groups: {
      dirs: groups,
      limits: Object.assign({}, ...Object.values(inside.groups)) as Record<string, string>,
      usage: statsOf(groups),
    },
    layers: layersOf(runtime.root, container),
    more: (await Promise.all(ofChapters.map((each) => each?.xray?.(container, dir) ?? []))).flat(),
  }
}

function sideOf(state: Observation): Side {
  const top = state.mounts.findLast(({ target }) => target === '/')
  return {
    pid: state.pid,
    pidInside: state.pidInside,
    hostname: state.hostname,
    user: `${state.uid}:${state.gid}`,
    capabilities: privilegesIn(state.capabilities),
    root: { type: top?.type ?? '', subtree: top?.subtree ?? '' },
    cwd: state.cwd,
    ...networkOf(state.pid),
    mounts: state.mounts.length,
  }
}

function seenMount({ id: _, parent: __, ...mount }: MountLine, ofHost: MountLine[]): SeenMount {
  const same = ofHost.filter(({ device }) => device === mount.device)
  return { ...mount, onHost: same.map(({ target }) => target) }
}
