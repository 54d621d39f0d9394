/** Chapter 8, for the lab: a container shares directories it was given. */
import type { ChapterLab } from '../../../runtime/chapter-lab.ts'
import { findingsZh } from '../../../runtime/lab-findings.ts'
import { sentence } from '../../../runtime/sentence.ts'
import { allows } from './allows.ts'
import { attachChecks } from './attach-checks.ts'
import { openChecks } from './open-checks.ts'
import { smallChecks } from './small-checks.ts'
import zh from './zh.json' with { type: 'json' }

const planner = 'runtime/08-volumes/attach.ts'
const exercises = 'chapters/08-volumes/lab/exercises.ts'

const helpers = ['openTree', 'openPart', 'setTree', 'inOrder']
const opening = [...helpers, 'kinds', 'reasons', 'readOnlyAll']
const attaching = ['place', 'find', 'attach', 'inMemory']

export const lab: ChapterLab = {
  blanks: {
    [planner]: ['openTrees', 'attachVolumes'],
    [exercises]: ['sharedPaths', 'outlived'],
  },
  dropped: { [planner]: [...opening, ...attaching], [exercises]: ['rowsOf'] },
  allows,
  exercises: [
    {
      id: 'open',
      kind: 'write',
      title: sentence('Write openTrees: a part of the host without a place'),
      task: sentence(
        'Write openTrees: for each directory of the host a copy of its mount that is mounted ' +
          'nowhere, with the propagation that was asked for, read-only if that was asked for. ' +
          'The calls are in runtime/calls.ts, under chapter 8.',
      ),
      file: planner,
      symbols: ['openTrees'],
      hints: [
        sentence('open_tree without OPEN_TREE_CLONE opens a mount, and makes no copy.'),
        sentence('A directory may have mounts below it: which flag do two of the calls need?'),
        sentence('The copy of a shared mount is a peer of it. What makes it private, or a slave?'),
      ],
    },
    {
      id: 'attach',
      kind: 'write',
      title: sentence('Write attachVolumes: it gets a place inside'),
      task: sentence(
        'Write attachVolumes: each tree is attached at its target, which is looked up inside and ' +
          'made if it is missing. A target may be below another one. No check asks for a tmpfs.',
      ),
      file: planner,
      symbols: ['attachVolumes'],
      hints: [
        sentence('Three things for each: a directory, a descriptor of it, and the tree on it.'),
        sentence('A mount covers what was there before. Which of two must come first?'),
        sentence('The trees have the numbers that openTrees gave them, in the same order.'),
      ],
    },
    {
      id: 'read',
      kind: 'read',
      title: sentence('Read two mountinfo files: what do they share?'),
      task: sentence(
        'Write sharedPaths: from what the kernel says of the mounts of two containers to the ' +
          'paths of the directories that both have.',
      ),
      file: exercises,
      symbols: ['sharedPaths'],
      hints: [
        sentence('A directory is named by a device, and by a path on that device.'),
        sentence('The path in the container is the last thing to look at, not the first.'),
      ],
    },
    {
      id: 'predict',
      kind: 'predict',
      title: sentence('Predict: what is left of it?'),
      task: sentence(
        'Write outlived: from what a container was given, and how it was removed, to the paths ' +
          'whose files are still there.',
      ),
      file: exercises,
      symbols: ['outlived'],
      hints: [
        sentence('Ask of each kind of path: where are its files, and who removes them?'),
        sentence('One kind is gone before anything is removed. Which, and why?'),
      ],
    },
  ],
  checks: [...openChecks, ...attachChecks, ...smallChecks],
  zh: { ...findingsZh, ...zh },
}
