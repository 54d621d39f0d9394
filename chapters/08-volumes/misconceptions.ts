/** What is often believed of bind mounts, tried. */
import type { PlannedTree } from '../../runtime/08-volumes/mounts.ts'
import type { Call } from '../../runtime/calls.ts'
import type { Misconception } from '../../runtime/consequence.ts'
import { stepOf, type Step } from '../../runtime/step.ts'

const step = stepOf(8)

/** On the pretend machine: a directory to be given, with a place for a mount. */
const before: Call[] = [
  ['mount', 'disk', '/mnt', 'tmpfs', [], null],
  ['mkdir', '/mnt/place', 0o755],
]

const tree: PlannedTree = {
  ...{ type: 'tree', source: '/mnt', target: '/given', isFile: false, isRecursive: true },
  ...{ readOnly: false, isWritableBelow: false, propagation: 'rshared' },
}

const given = { before, options: () => ({ volumes: [tree] }) }

export const misconceptions: Misconception[] = [
  {
    ...given,
    name: 'private-first',
    belief: 'what a mount shares can be chosen later: all may be private first',
    alter: openedLate,
    consequence: 'the copy of a private mount has no peers, and cannot get them back',
    see: {
      inside: 'mount -t tmpfs late /given/place && echo ready; read line',
      outside: 'grep -q " /mnt/place " /proc/$machine/mountinfo && echo there || echo not there',
      kept: 'there',
      broken: 'not there',
    },
  },
  {
    ...given,
    name: 'mount-by-path',
    belief: 'a directory of the host can be mounted by its path when the root is laid out',
    alter: withPath,
    consequence: 'no path leads to the host any more by then',
    see: { inside: 'ls /given', kept: 'place', broken: 'mount = ENOENT' },
  },
]

/** The trees are opened after all mounts were made private. */
function openedLate(list: Step[]): Step[] {
  const opened = list.filter(({ call }) => call[0] === 'open_tree_as')
  const others = list.filter(({ call }) => call[0] !== 'open_tree_as')
  const isPrivate = ({ call }: Step) => call[0] === 'mount' && call[4].includes('MS_PRIVATE')
  return others.toSpliced(others.findIndex(isPrivate) + 1, 0, ...opened)
}

/** A bind mount in the place of the tree that was opened before. */
function withPath(list: Step[]): Step[] {
  const { source, target } = tree
  const bind: Call = ['mount', source, target, null, ['MS_BIND'], null]
  return list.map((each) =>
    each.call[0] === 'move_mount_to' ? step(bind, 'as it is often believed') : each,
  )
}
