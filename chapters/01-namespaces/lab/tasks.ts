/** The exercises of chapter 1, in words. */
import type { Exercise } from '../../../runtime/chapter-lab.ts'
import { sentence } from '../../../runtime/sentence.ts'

/** The planners, and the answers of the smaller exercises. */
export const planner = 'runtime/01-namespaces/namespaces.ts'
export const answers = 'chapters/01-namespaces/lab/exercises.ts'

export const exercises: Exercise[] = [
  {
    id: 'planner',
    kind: 'write',
    title: sentence('Write the planners: a machine of its own'),
    task: sentence(
      'Write the six functions: processIds, namespaces, privateMounts, hostname, loopback and ' +
        'proc. The comment above each says what its steps have to achieve. ' +
        'closeInherited is done, ' +
        'and shows what a planner looks like: it returns steps, each a call and a sentence why.',
    ),
    file: planner,
    symbols: ['processIds', 'namespaces', 'privateMounts', 'hostname', 'loopback', 'proc'],
    hints: [
      sentence(
        'Begin with processIds, and run the test after each function. Three lines of the ' +
        'list that ' +
          'the chapter prints belong to it; calls.ts has the arguments of every call.',
      ),
      sentence(
        'namespaces makes one call whose argument is a list of flags. Which flags are in ' +
        'it depends ' +
          'on the options: begin with the one that is always there.',
      ),
      sentence(
        'privateMounts changes mounts that exist: no source, no type. The section "Mounts that ' +
          'travel" shows what the flag for all mounts below does.',
      ),
    ],
  },
  {
    id: 'predict',
    kind: 'predict',
    title: sentence('Predict: the list lacks a line'),
    task: sentence(
      'given.ts has two lists, each without a line that yours has. Put what you predict into ' +
        'firstChild, secondFork and mountsOnProc; then the kernel answers.',
    ),
    file: answers,
    symbols: ['firstChild', 'secondFork', 'mountsOnProc'],
    hints: [
      sentence('Whom does unshare(CLONE_NEWPID) move: its caller, or somebody else?'),
      sentence('man 7 pid_namespaces, "The namespace init process": what if it has ended?'),
      sentence('The machine of the lab has marked all of its mounts shared. Count both sides.'),
    ],
  },
  {
    id: 'peers',
    kind: 'read',
    title: sentence('Read mountinfo: which mounts travel?'),
    task: sentence(
      'Write peers(mine, theirs): it is given the text of two mountinfo files, and ' +
      'gives the mount ' +
        'points in the first that are peers of a mount in the second.',
    ),
    file: answers,
    symbols: ['peers'],
    hints: [
      sentence('man 5 proc_pid_mountinfo has an example with a number above each field.'),
      sentence(
        'Optional fields stand between the sixth field and a hyphen. A mount has none, one or two.',
      ),
      sentence('shared:7 and master:7 name the same group. Which of them sends mounts into it?'),
    ],
  },
  {
    id: 'repair',
    kind: 'repair',
    title: sentence('Repair: a container whose mounts follow the machine'),
    task: sentence(
      'The list broken() in given.ts is for a container that sees what is mounted on the machine ' +
        'later, and keeps its own mounts to itself. Three things are wrong with it. Return a ' +
        'mended list from following().',
    ),
    file: answers,
    symbols: ['following'],
    hints: [
      sentence('Copy the list, and put one thing right at a time. The test says what is left.'),
      sentence("Read it aloud: who makes each call, the machine's process or its child?"),
      sentence('Shared, slave, private: which of the three goes one way only?'),
    ],
  },
  {
    id: 'nested',
    kind: 'open',
    title: sentence('Beyond the text: a container in a container'),
    task: sentence(
      'Pid namespaces nest, 32 deep at most. Return from nested() a list whose command ' +
      'is process 1 ' +
        'for itself, has another number in the namespace around it, and a third one on ' +
        'the machine.',
    ),
    file: answers,
    symbols: ['nested'],
    hints: [
      sentence('A list may make the same calls more than once. A planner is a function.'),
      sentence('Which process of the outer namespace is the one that waits?'),
    ],
  },
]
