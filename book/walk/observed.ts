/** What was observed at a step, as a scene: of a recording at build time, of a live walk later. */
import type { Scene, SceneMount, SceneProcess } from './scene.ts'

/** Of an observation, what a scene is made of. Browsers have no runtime/ to take the type from. */
export interface Observed extends Pick<
  Scene,
  'pid' | 'namespaces' | 'hostname' | 'loopbackUp' | 'groups' | 'membership' | 'descriptors'
> {
  mounts: (Omit<SceneMount, 'parent'> & { id: string; parent?: string; subtree: string })[]
  processes?: SceneProcess[]
  usage?: Scene['usage']
  cwd: string
  uid: string
  gid: string
  umask: string
  session: number
  details?: Record<string, Record<string, string>>
}

/** As the player draws it. */
export function sceneOf(state: Observed): Scene {
  const { pid, hostname, loopbackUp, groups, membership, descriptors, usage = {} } = state
  const mounts = state.mounts.map(({ id, parent = '', subtree, ...mount }) => {
    const { target, type, source, options, propagation } = mount
    const device = `${mount.device} ${subtree}`
    return [id, { parent, target, type, source, options, propagation, device }] as const
  })
  const { memoryBytes, pids } = usage
  return {
    pid,
    processes: state.processes ?? [],
    namespaces: state.namespaces,
    hostname,
    loopbackUp,
    mounts: Object.fromEntries(mounts),
    groups,
    usage: {
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
      ...(pids === undefined ? {} : { pids }),
    },
    membership,
    descriptors,
    facts: factsOf(state),
  }
}

function factsOf(state: Observed): Record<string, string> {
  const { details = {} } = state
  return {
    cwd: state.cwd,
    user: `${state.uid}:${state.gid}`,
    groups: details['user']?.['groups'] ?? '',
    umask: state.umask,
    session: String(state.session),
    files: details['rlimit']?.['open files'] ?? '',
  }
}

/** Ids and digests with their first twelve digits, which tell them apart. */
export function shortIds<T>(value: T): T {
  const long = /(?<![0-9a-f])([0-9a-f]{12})[0-9a-f]{20,52}(?![0-9a-f])/g
  return JSON.parse(JSON.stringify(value).replace(long, '$1…')) as T
}
