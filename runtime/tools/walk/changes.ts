/** The differences between two observations of a container, as text. */
import type { Details } from './details.ts'
import type { MountLine, Observation } from './observe.ts'
import type { Targets } from './targets.ts'

/** One difference: `+` is new, `-` is gone, `~` had another value before. */
export interface Difference {
  topic: string
  sign: '+' | '-' | '~'
  text: string
}

/** What changed from `before` to `after`, which is of another process if the plan forked. */
export function changesBetween(before: Observation, after: Observation): Difference[] {
  return [
    ...processChanges(before, after),
    ...valueChanges('namespace', before.namespaces, after.namespaces),
    ...single('hostname', before.hostname, after.hostname),
    ...single('lo', upOrDown(before), upOrDown(after)),
    ...mountChanges(before.mounts, after.mounts),
    ...single('root', before.root, after.root),
    ...single('directory', before.cwd, after.cwd),
    ...listChanges('group', before.membership, after.membership),
    ...groupChanges(before.groups, after.groups),
    ...single('user', `${before.uid}:${before.gid}`, `${after.uid}:${after.gid}`),
    ...single('uid map', before.uidMap, after.uidMap),
    ...single('capabilities', before.capabilities, after.capabilities),
    ...single('umask', before.umask, after.umask),
    ...sessionChanges(before, after),
    ...addedChanges(before.details, after.details),
    ...valueChanges('descriptor', before.descriptors, after.descriptors),
    ...addedChanges(before.more, after.more),
  ]
}

/** Files that a call made, changed or removed, from looks before and after it. */
export function fileChanges(before: Targets, after: Targets): Difference[] {
  return valueChanges('file', before, after)
}

/** Changes of what is kept by topic and name. */
function addedChanges(before: Details = {}, after: Details = {}) {
  const topics = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return topics.flatMap((topic) => valueChanges(topic, before[topic] ?? {}, after[topic] ?? {}))
}

function processChanges(before: Observation, after: Observation): Difference[] {
  const who = ({ pid, pidInside }: Observation) => `pid ${pid} outside, ${pidInside} inside`
  if (before.pid !== after.pid) return [{ topic: 'process', sign: '+', text: who(after) }]
  return single('process', before.command, after.command)
}

function upOrDown({ loopbackUp }: Observation): string {
  return loopbackUp ? 'up' : 'down'
}

/** A fork is not a change of session, although the numbers are those of another process. */
function sessionChanges(before: Observation, after: Observation): Difference[] {
  const terminal = (state: Observation) => (state.terminal ? 'has one' : 'none')
  return [
    ...(before.pid === after.pid ? single('session', `${before.session}`, `${after.session}`) : []),
    ...single('terminal', terminal(before), terminal(after)),
  ]
}

function single(topic: string, before: string, after: string): Difference[] {
  if (before === after) return []
  return [{ topic, sign: '~', text: `${before || '(none)'} → ${after || '(none)'}` }]
}

function valueChanges(
  topic: string,
  before: Record<string, string>,
  after: Record<string, string>,
): Difference[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return names.flatMap((name): Difference[] => {
    const [was, is] = [before[name], after[name]]
    if (was === is) return []
    if (was === undefined) return [{ topic, sign: '+', text: `${name} ${is}` }]
    if (is === undefined) return [{ topic, sign: '-', text: `${name} ${was}` }]
    return [{ topic, sign: '~', text: `${name} ${was} → ${is}` }]
  })
}

/** A mount keeps its id while it exists, but a new mount namespace gives its copies new ids. */
function mountChanges(before: MountLine[], after: MountLine[]): Difference[] {
  const isCopy = !before.some(({ id }) => after.some((other) => other.id === id))
  const key = (mount: MountLine) =>
    isCopy ? `${mount.target} ${mount.type} ${mount.source}` : mount.id
  const was = new Map(before.map((mount) => [key(mount), mount]))
  const is = new Map(after.map((mount) => [key(mount), mount]))
  const topic = 'mount'
  const gone = before.filter((mount) => !is.has(key(mount)))
  const kept = after.flatMap((mount): Difference[] => {
    const old = was.get(key(mount))
    if (!old) return [{ topic, sign: '+', text: lineOf(mount) }]
    const moved = single(topic, old.target, mount.target)
    const options = single(topic, old.options, mount.options)
    const spread = single(topic, old.propagation || 'private', mount.propagation || 'private')
    return [
      ...moved,
      ...[...options, ...spread].map((each) => ({
        ...each,
        text: `${mount.target}: ${each.text}`,
      })),
    ]
  })
  return [...gone.map((mount): Difference => ({ topic, sign: '-', text: lineOf(mount) })), ...kept]
}

function lineOf({ target, type, source, options }: MountLine): string {
  return `${target} ${type} (${options.split(' ')[0]}) from ${source}`
}

function listChanges(topic: string, before: string[], after: string[]): Difference[] {
  const gone = before.filter((line) => !after.includes(line))
  const added = after.filter((line) => !before.includes(line))
  return [
    ...gone.map((text): Difference => ({ topic, sign: '-', text })),
    ...added.map((text): Difference => ({ topic, sign: '+', text })),
  ]
}

function groupChanges(before: Observation['groups'], after: Observation['groups']): Difference[] {
  return Object.entries(after).flatMap(([dir, settings]) =>
    valueChanges('limit', before[dir] ?? {}, settings).map((change) => ({
      ...change,
      text: `${dir.replace('/sys/fs/cgroup/', '')}/${change.text}`,
    })),
  )
}
