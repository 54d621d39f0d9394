/** Each line that this chapter adds to the list, and what happens without it. */
import type { Consequence } from '../../runtime/consequence.ts'

const ran = { inside: 'echo it ran', kept: 'it ran' }

export const consequences: Consequence[] = [
  {
    drop: /^chdir\("\//,
    nth: 0,
    consequence: 'the names of the layers are looked for wherever the caller was',
    see: { ...ran, broken: 'mount = ENOENT' },
  },
  {
    drop: /^mount\("overlay"/,
    consequence: 'merged is an empty directory, with nothing to become the root',
    see: { ...ran, broken: 'pivot_root = (EBUSY|EINVAL)' },
  },
  {
    drop: /^chdir\("merged"/,
    consequence: '"." is a directory of the host, and no mount',
    see: { ...ran, broken: 'pivot_root = (EBUSY|EINVAL)' },
  },
  {
    drop: /^mount\(NULL, "\/", NULL, MS_REMOUNT/,
    consequence: 'the container can be written to although it was asked not to be',
    options: () => ({ readOnly: true }),
    see: {
      inside: '(: > /x) 2> /dev/null && echo written || echo read-only',
      kept: 'read-only',
      broken: 'written',
    },
  },
]
