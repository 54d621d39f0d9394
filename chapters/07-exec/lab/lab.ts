/** Chapter 7, for the lab: a container lets others in. */
import type { ChapterLab } from '../../../runtime/chapter-lab.ts'
import { findingsZh } from '../../../runtime/lab-findings.ts'
import { sentence } from '../../../runtime/sentence.ts'
import { allows } from './allows.ts'
import { enterChecks } from './enter-checks.ts'
import { smallChecks } from './small-checks.ts'
import zh from './zh.json' with { type: 'json' }

const enter = 'runtime/07-exec/enter.ts'
const exercises = 'chapters/07-exec/lab/exercises.ts'

export const lab: ChapterLab = {
  blanks: {
    [enter]: ['joinGroups', 'enterNamespaces', 'directoryInside'],
    [exercises]: ['forgotten', 'healthAfter'],
  },
  dropped: { [enter]: ['order'], [exercises]: ['linesOf'] },
  allows,
  exercises: [
    {
      id: 'enter',
      kind: 'write',
      title: sentence('Write joinGroups and enterNamespaces: a newcomer is let in'),
      task: sentence(
        'Write joinGroups and enterNamespaces: a process that the host has made becomes like ' +
          'process 1 of a container. The calls are in runtime/calls.ts, under chapter 7.',
      ),
      file: enter,
      symbols: ['joinGroups', 'enterNamespaces'],
      hints: [
        sentence('A group has a file to which the writer of a 0 is moved.'),
        sentence('Which of the namespaces takes away the names that the other lines need?'),
        sentence('What is still missing when all namespaces are joined, and by whom is it made?'),
      ],
    },
    {
      id: 'directory',
      kind: 'write',
      title: sentence('Write directoryInside: it starts inside'),
      task: sentence(
        'Write directoryInside: the newcomer starts in the directory that was asked for, and the ' +
          'list fails if that is outside of the root.',
      ),
      file: enter,
      symbols: ['directoryInside'],
      hints: [
        sentence('A path can be checked before it is used, or what it led to afterwards.'),
        sentence('The kernel gives no path to a directory that cannot be reached from the root.'),
      ],
    },
    {
      id: 'read',
      kind: 'read',
      title: sentence('Read what the kernel has on record: what was forgotten?'),
      task: sentence(
        'Write forgotten: from what the kernel has on record about process 1 and a newcomer, to ' +
          'the names of what is not the same.',
      ),
      file: exercises,
      symbols: ['forgotten'],
      hints: [
        sentence('Some of the links are about the process, and some about its children.'),
        sentence('Compare the lines of the groups as a set.'),
      ],
    },
    {
      id: 'predict',
      kind: 'predict',
      title: sentence('Predict: is it well?'),
      task: sentence(
        'Write healthAfter: from the checks of a container, to what is said of its health.',
      ),
      file: exercises,
      symbols: ['healthAfter'],
      hints: [
        sentence('Remember two things: what is said now, and how many have failed in a row.'),
        sentence('The start period matters only as long as one thing is said.'),
      ],
    },
  ],
  checks: [...enterChecks, ...smallChecks],
  zh: { ...findingsZh, ...zh },
}
