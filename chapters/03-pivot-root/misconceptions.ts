/** What is often believed of chroot, tried. */
import type { Misconception } from '../../runtime/consequence.ts'
import type { PlanOptions } from '../../runtime/options.ts'
import type { Call } from '../../runtime/calls.ts'
import { stepOf, type Step } from '../../runtime/step.ts'

const step = stepOf(3)

/** Prints whose files are at the top, as far up as one gets. */
const climb = 'cd ../../../../../../../../..; [ -e etc/os-release ] && echo host || echo image'

export const misconceptions: Misconception[] = [
  {
    name: 'chroot',
    belief: 'chroot is enough to lock a process in',
    alter: throughChroot,
    consequence: "root steps out of it with two calls, and has the host's files",
    see: {
      inside: `mkdir /x; nsenter -r/x -w/ bin/busybox sh -c '${climb}'`,
      kept: 'image',
      broken: 'host',
    },
  },
]

/** In place of the four lines that change the root and let go of the old one. */
function throughChroot(list: Step[], { root }: PlanOptions): Step[] {
  const calls: Call[] = [
    ['chroot', root],
    ['chdir', '/'],
  ]
  const instead = calls.map((call) => step(call, 'as it is often believed'))
  return list.flatMap((each) => {
    const [name, first] = each.call
    if (name === 'pivot_root') return instead
    const isOfOldRoot = name === 'umount2' || (name === 'chdir' && first === root)
    return isOfOldRoot ? [] : [each]
  })
}
