/** What is often believed of orphans, tried. */
import type { Misconception } from '../../runtime/consequence.ts'
import { stepOf, type Step } from '../../runtime/step.ts'
import { orphan } from './orphan.ts'

const step = stepOf(6)

export const misconceptions: Misconception[] = [
  {
    name: 'reaper',
    belief: 'the process that waits outside can reap what is left behind inside',
    alter: withReaperOutside,
    consequence: 'orphans go to process 1 of their own pid namespace, and never out of it',
    options: ({ dir }) => ({ hasInit: true, log: { path: `${dir}/log`, maxBytes: 0, files: 1 } }),
    see: { inside: orphan, kept: 'reaped', broken: 'zombie' },
  },
]

/** The parent of the fork takes in orphans, in place of a process 1 that does. */
function withReaperOutside(list: Step[]): Step[] {
  const call = step(['prctl_subreaper'], 'as it is often believed')
  return list.flatMap((each) => {
    if (each.call[0] === 'init') return []
    return each.call[0] === 'fork' ? [call, each] : [each]
  })
}
