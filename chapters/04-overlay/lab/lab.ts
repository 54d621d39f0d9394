/** Chapter 4, for the lab: a layer to write on. */
import type { ChapterLab } from '../../../runtime/chapter-lab.ts'
import { findingsZh } from '../../../runtime/lab-findings.ts'
import { sentence } from '../../../runtime/sentence.ts'
import { checks } from './checks.ts'
import zh from './zh.json' with { type: 'json' }

const planner = 'runtime/04-overlay/overlay.ts'
const exercises = 'chapters/04-overlay/lab/exercises.ts'

const written = ['overlay', 'readOnlyRoot']
const predicted = ['afterReading', 'afterChmod', 'afterDeleting', 'afterBoth']
const alsoPredicted = ['afterWritingBelow', 'afterRemaking']

export const lab: ChapterLab = {
  blanks: {
    [planner]: written,
    [exercises]: [...predicted, ...alsoPredicted, 'changesIn', 'mended', 'inMemory'],
  },
  given: { [exercises]: 'chapters/04-overlay/lab/wrong/as-given.ts' },
  exercises: [
    {
      id: 'planner',
      kind: 'write',
      title: sentence('Write the planner: a layer to write on'),
      task: sentence(
        'Write overlay, so that a container sees the layers of its image as one tree and what it ' +
          'writes lands in upper; then readOnlyRoot. The comments above them are the contracts.',
      ),
      file: planner,
      symbols: written,
      hints: [
        sentence(
          'Mount one by hand first, as the chapter does. Its options are the last argument of ' +
            'mount(2): one string.',
        ),
        sentence(
          'The layers are named relative to dir. What has to be true of the working directory ' +
            'before the mount, and what of it afterwards, for pivotRoot?',
        ),
        sentence(
          'Documentation/filesystems/overlayfs.rst: in lowerdir, the rightmost layer is the ' +
            'lowest. And layers is topmost first.',
        ),
        sentence(
          'A remount without MS_BIND changes the file system, one with it changes this mount.',
        ),
      ],
    },
    {
      id: 'predict',
      kind: 'predict',
      title: sentence('Predict: what is in the write layer?'),
      task: sentence(
        'Write down what upper has under a name after each of six commands. Then test: each ' +
          'command is run in a container, and the host looks.',
      ),
      file: exercises,
      symbols: [...predicted, ...alsoPredicted],
      hints: [
        sentence('Of each command, ask: does it have to change something that lies below?'),
        sentence('What would shine through from below if upper had nothing, or a plain directory?'),
      ],
    },
    {
      id: 'read',
      kind: 'read',
      title: sentence('Read a write layer: added, changed or deleted?'),
      task: sentence(
        'Write changesIn: from the names in a write layer to the lines that diff prints.',
      ),
      file: exercises,
      symbols: ['changesIn'],
      hints: [
        sentence('Take deleted names first: how does a write layer remember them?'),
        sentence('Not every character device is a whiteout: the numbers tell.'),
        sentence('A directory is in upper for one of two reasons. Only one of them is a change.'),
      ],
    },
    {
      id: 'repair',
      kind: 'repair',
      title: sentence('Repair an overlay with three mistakes'),
      task: sentence(
        'mended gives a list with an overlay that somebody wanted to be fast. Test it, read what ' +
          'the kernel says, and mend it, one step after the other.',
      ),
      file: exercises,
      symbols: ['mended'],
      hints: [
        sentence('From where are merged, upper and work looked for?'),
        sentence('The chapter says why work cannot be in memory while upper is on a disk.'),
        sentence('One mistake makes no call fail. Which file would tell?'),
      ],
    },
    {
      id: 'open',
      kind: 'open',
      title: sentence('Beyond the text: a write layer in memory'),
      task: sentence(
        'Write inMemory: a list whose container can write anywhere, and none of that reaches ' +
          'the disk of the host. It takes at most 4 MB of memory.',
      ),
      file: exercises,
      symbols: ['inMemory'],
      hints: [
        sentence('upper and work have to be on one file system. It need not be a disk.'),
        sentence('A new tmpfs is empty: what overlayfs needs has to be made in it first.'),
      ],
    },
  ],
  checks,
  zh: { ...findingsZh, ...zh },
}
