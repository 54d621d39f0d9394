/** Chapter 3, for the lab: exchange the root of a container for busybox. */
import type { ChapterLab } from '../../../runtime/chapter-lab.ts'
import { findingsZh } from '../../../runtime/lab-findings.ts'
import { sentence } from '../../../runtime/sentence.ts'
import { checks } from './checks.ts'
import zh from './zh.json' with { type: 'json' }

const planner = 'runtime/03-pivot-root/root.ts'
const exercises = 'chapters/03-pivot-root/lab/exercises.ts'

const written = ['bind', 'pivotRoot', 'letGo', 'readOnlyProc', 'sys']
const predicted = ['withoutBind', 'withoutChdir', 'withEarlyUmount', 'withoutDetach']

export const lab: ChapterLab = {
  blanks: {
    [planner]: written,
    [exercises]: [...predicted, 'mountsLeft', 'mended', 'sealed'],
  },
  given: { [exercises]: 'chapters/03-pivot-root/lab/wrong/as-given.ts' },
  exercises: [
    {
      id: 'planner',
      kind: 'write',
      title: sentence('Write the planner: exchange the root'),
      task: sentence(
        'Write bind, pivotRoot and letGo, so that the image becomes the root of the mount ' +
          'namespace and the old root is gone; then readOnlyProc and sys, so that root inside ' +
          'cannot change the kernel of the host. The comments above them are the contracts.',
      ),
      file: planner,
      symbols: written,
      hints: [
        sentence(
          'man 2 pivot_root, the section DESCRIPTION, lists what the new root has to be. A ' +
            'plain directory is not enough: one more call comes first.',
        ),
        sentence(
          'man 2 pivot_root, the section NOTES: both arguments may be the same directory. Where ' +
            'does the old root lie then, and what does "." name?',
        ),
        sentence(
          'The old root has other mounts below it. umount2 without a flag says EBUSY.',
        ),
        sentence(
          'To make a part of a mount read-only takes two calls: one that makes a mount of it, ' +
            'and one that changes the options of that mount. Some parts are missing in some ' +
            'kernels, and a step may ignore one errno.',
        ),
      ],
    },
    {
      id: 'predict',
      kind: 'predict',
      title: sentence('Predict: four lists with one difference'),
      task: sentence(
        'Write down for each list whether it runs, or with which errno a call stops it. Then ' +
          'test: each list is tried.',
      ),
      file: exercises,
      symbols: predicted,
      hints: [
        sentence('In each list, look for the first call that meets another situation than before.'),
        sentence(
          'The table "Errors you will meet" in the chapter tells EBUSY and EINVAL of pivot_root ' +
            'apart. Which of the two speaks of the root itself?',
        ),
      ],
    },
    {
      id: 'read',
      kind: 'read',
      title: sentence('Read a mount table: what is left of the host?'),
      task: sentence(
        'Write mountsLeft: from the texts of two mountinfo files to the mount points at which a ' +
          'container still sees files of the host.',
      ),
      file: exercises,
      symbols: ['mountsLeft'],
      hints: [
        sentence('cat /proc/self/mountinfo, and number the fields of one line from 1.'),
        sentence('A Set of "device directory" of each line of the host makes the rest a filter.'),
        sentence('The names are escaped in octal: parseInt takes a base.'),
      ],
    },
    {
      id: 'repair',
      kind: 'repair',
      title: sentence('Repair a list with four mistakes'),
      task: sentence(
        'mended gives a list that was written in a hurry. Test it, read what the kernel says, ' +
          'and mend it, one step after the other.',
      ),
      file: exercises,
      symbols: ['mended'],
      hints: [
        sentence('Only one mistake is seen at a time: the first call that fails.'),
        sentence("Compare the order with the chapter's plan.ts."),
        sentence('One mistake makes no call fail. What does ps show in the container?'),
      ],
    },
    {
      id: 'open',
      kind: 'open',
      title: sentence('Beyond the text: a container that cannot change its image'),
      task: sentence(
        'Write sealed: a list whose container can read all of the image and write only to /tmp, ' +
          'which is memory, at most 1 MB of it. There are several ways.',
      ),
      file: exercises,
      symbols: ['sealed'],
      hints: [
        sentence('You have made a part of /proc read-only. "/" is a mount, too.'),
        sentence('What has to be made in the image comes before it is closed.'),
      ],
    },
  ],
  checks,
  zh: { ...findingsZh, ...zh },
}
