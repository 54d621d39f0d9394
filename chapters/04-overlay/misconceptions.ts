/** What is often believed of overlayfs, tried. */
import type { Misconception } from '../../runtime/consequence.ts'
import { stepOf, type Step } from '../../runtime/step.ts'

const step = stepOf(4)

export const misconceptions: Misconception[] = [
  {
    name: 'work-elsewhere',
    belief: 'the work directory is scratch space, and may be on a tmpfs',
    alter: withWorkOnTmpfs,
    consequence: 'a file is moved from work to upper in one step, which needs one file system',
    see: { inside: 'echo it ran', kept: 'it ran', broken: 'mount = EINVAL' },
  },
]

/** Mount a tmpfs on the work directory right before the overlay is mounted. */
function withWorkOnTmpfs(list: Step[]): Step[] {
  const call = step(['mount', 'tmpfs', 'work', 'tmpfs', [], null], 'as it is often believed')
  const isOverlay = ({ call }: Step) => call[0] === 'mount' && call[3] === 'overlay'
  return list.flatMap((each) => (isOverlay(each) ? [call, each] : [each]))
}
