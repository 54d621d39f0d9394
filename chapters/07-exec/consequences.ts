/** What happens without each line of the lists of this chapter. */
import type { Consequence } from '../../runtime/consequence.ts'

export const consequences: Consequence[] = [
  {
    list: 'exec',
    drop: /^setns\(\d+, CLONE_NEWUTS\)/,
    consequence: 'the newcomer has the name of the host',
    see: { inside: 'hostname', kept: 'box', broken: 'machine' },
  },
]
