/** The exercises of chapter 2, in words. */
import type { Exercise } from '../../../runtime/chapter-lab.ts'
import { sentence } from '../../../runtime/sentence.ts'

/** The list, the planners, the files of limits, and the answers of the smaller exercises. */
export const list = 'chapters/02-cgroups/plan.ts'
export const planner = 'runtime/02-cgroups/cgroup.ts'
export const lines = 'runtime/02-cgroups/lines.ts'
export const answers = 'chapters/02-cgroups/lab/exercises.ts'

export const exercises: Exercise[] = [
  {
    id: 'planner',
    kind: 'write',
    title: sentence('Write the planners: a group, its limits, and who joins it'),
    task: sentence(
      'Write group, writeLimits and joinGroup in cgroup.ts, and quota, memory and processes in ' +
        'lines.ts: which file of a group each limit goes into, in both versions. plan.ts ' +
        'is empty, ' +
        'too: it is the list of chapter 1 with two more lines, and their places are the point.',
    ),
    file: planner,
    symbols: ['group', 'writeLimits', 'joinGroup', 'quota', 'memory', 'processes', 'plan'],
    hints: [
      sentence(
        'Begin with plan.ts, without the new lines: copy the list of chapter 1. Then containers ' +
          'run, and the test can say what they lack.',
      ),
      sentence(
        'groupPlaces gives the directories; in each, the steps are the three commands that ' +
        'you typed ' +
          'in "A group by hand". groupDirs shows how to go through the places.',
      ),
      sentence(
        'shares in lines.ts is written: the two versions side by side. The table in "Which trees ' +
          'this machine has" names the files that you need.',
      ),
      sentence(
        'Who makes the group, and who joins it? Between the two steps lies one call that returns ' +
          'twice.',
      ),
    ],
  },
  {
    id: 'predict',
    kind: 'predict',
    title: sentence('Predict: at the limit'),
    task: sentence(
      'given.ts has three lists: hungry may have 16 MB, crowded three processes, and ' +
      'late makes a ' +
        'group that nobody joins. Put what you predict into killedBy, refusal and inTheGroup.',
    ),
    file: answers,
    symbols: ['killedBy', 'refusal', 'inTheGroup'],
    hints: [
      sentence('Exit codes above 128 are about signals. Which one does the OOM killer send?'),
      sentence('The errno of a fork at the limit asks you to do it again, later.'),
      sentence('Moving a process moves that process. What of the children that it has already?'),
    ],
  },
  {
    id: 'group-dir',
    kind: 'read',
    title: sentence('Read /proc/PID/cgroup: where is the group?'),
    task: sentence(
      'Write groupDir(cgroup, mountinfo, controller): it is given the text of two files of a ' +
        'process, and gives the directory of its group. It has to do so on any machine.',
    ),
    file: answers,
    symbols: ['groupDir'],
    hints: [
      sentence('man 7 cgroups, "/proc files": the three fields of a line, for both versions.'),
      sentence('A mount of version 1 names its controllers at the end of its line in mountinfo.'),
      sentence('cpu, cpuset and cpuacct begin alike. Compare whole names.'),
    ],
  },
  {
    id: 'repair',
    kind: 'repair',
    title: sentence('Repair: a job that was never limited'),
    task: sentence(
      'The list broken() in given.ts was written by hand. It goes through to its end, ' +
      'and nothing is ' +
        'as wanted: three things are wrong. Return a mended list from job().',
    ),
    file: answers,
    symbols: ['job'],
    hints: [
      sentence('Which step hides a failure? What would the kernel have said?'),
      sentence('For each step, say which process makes it: the one that waits, or its child?'),
      sentence('A cgroup namespace takes the group of this moment for its root.'),
    ],
  },
  {
    id: 'unliftable',
    kind: 'open',
    title: sentence('Beyond the text: a limit that one echo cannot lift'),
    task: sentence(
      'Question 5 of the chapter: root in the container can write max into its own ' +
      'pids.max. Return ' +
        'from unliftable() a list whose container cannot. There are several ways, and a process ' +
        'with all of its rights finds one around each: chapter 13 takes the rights away.',
    ),
    file: answers,
    symbols: ['unliftable'],
    hints: [
      sentence('What does the container need of /sys/fs/cgroup?'),
      sentence('A mount can be covered, made read-only, or unmounted: it is in its own namespace.'),
    ],
  },
]
