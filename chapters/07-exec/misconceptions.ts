/** What is often believed of joining a container, tried. */
import type { Misconception } from '../../runtime/consequence.ts'
import type { Step } from '../../runtime/step.ts'

const see = { inside: 'echo in', kept: 'in' }

export const misconceptions: Misconception[] = [
  {
    name: 'group-last',
    list: 'exec',
    belief: 'the group can be joined at the end: it is only about limits',
    alter: withGroupLast,
    consequence: 'its files are outside: no path leads to them from where the mounts are others',
    see: { ...see, broken: 'write = ENOENT' },
  },
  {
    name: 'same-number',
    list: 'exec',
    belief: 'a number on record is enough to find a process again',
    alter: withLateStart,
    consequence: 'the number may be that of a process which began later, and which is not meant',
    see: { ...see, broken: 'pidfd_open = ESRCH' },
  },
]

/** The lines of the group after those of the namespaces. */
function withGroupLast(list: Step[]): Step[] {
  const isGroup = ({ call }: Step) =>
    call[0] === 'write' && /\/(tasks|cgroup\.procs)$/.test(call[1])
  const joins = list.filter(isGroup)
  const others = list.filter((each) => !isGroup(each))
  const after = others.findLastIndex(({ call }) => call[0] === 'setns_pidfd') + 1
  return others.toSpliced(after, 0, ...joins)
}

/** As it would be if the number had been handed out again, a tick after the process on record. */
function withLateStart(list: Step[]): Step[] {
  return list.map((each) =>
    each.call[0] === 'pidfd_open'
      ? { ...each, call: ['pidfd_open', each.call[1], each.call[2] - 1] }
      : each,
  )
}
