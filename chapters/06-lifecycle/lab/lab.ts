/** Chapter 6, for the lab: a container lives on without its parent. */
import type { ChapterLab } from '../../../runtime/chapter-lab.ts'
import { findingsZh } from '../../../runtime/lab-findings.ts'
import { sentence } from '../../../runtime/sentence.ts'
import { allows } from './allows.ts'
import { initChecks } from './init-checks.ts'
import { logChecks } from './log-checks.ts'
import { monitorChecks } from './monitor-checks.ts'
import { restartChecks } from './restart-checks.ts'
import { smallChecks } from './small-checks.ts'
import zh from './zh.json' with { type: 'json' }

const monitor = 'runtime/06-lifecycle/monitor.ts'
const log = 'runtime/06-lifecycle/log.ts'
const init = 'runtime/06-lifecycle/init.ts'
const exercises = 'chapters/06-lifecycle/lab/exercises.ts'

export const lab: ChapterLab = {
  blanks: {
    [monitor]: ['monitor'],
    [log]: ['openLog'],
    [init]: ['withInit'],
    [exercises]: ['saidIn', 'waitsAfter'],
  },
  dropped: { [monitor]: ['flagOf'], [exercises]: ['codeOf'] },
  allows,
  exercises: [
    {
      id: 'planner',
      kind: 'write',
      title: sentence('Write the planners: it lives on without its parent'),
      task: sentence(
        'Write monitor, then openLog in log.ts and withInit in init.ts. What supervise, open_log ' +
          'and init take is in runtime/calls.ts; the comments above the functions say what for. ' +
          'Begin with a container that is started with -d and needs nobody.',
      ),
      file: monitor,
      symbols: ['monitor'],
      hints: [
        sentence(
          'Without -d there is no monitor to be told: what does the list have of it then, and what ' +
            'of the log?',
        ),
        sentence(
          'supervise forks. What is to be true of the process that stays has to be made before.',
        ),
        sentence(
          'Two things of the caller hold on to a process that lives long: a terminal, and a ' +
            'directory.',
        ),
        sentence(
          'Four names of policies become three flags. One more of its fields is a number, where 0 ' +
            'stands for any.',
        ),
        sentence('Which step is the last one that process 1 of the container can make?'),
      ],
    },
    {
      id: 'read',
      kind: 'read',
      title: sentence('Read a journal: what has become of the container?'),
      task: sentence(
        'Write saidIn: from the lines that a monitor has written, to what ps can say, whether the ' +
          'monitor is alive or was killed.',
      ),
      file: exercises,
      symbols: ['saidIn'],
      hints: [
        sentence('Go through the lines once, and remember what each of them changes.'),
        sentence('The exit code is in the high byte of a status, or its signal in the low seven bits.'),
        sentence(
          'Ask only at the end whether there is a monitor: what can still change if there is none?',
        ),
      ],
    },
    {
      id: 'predict',
      kind: 'predict',
      title: sentence('Predict: how long until the next start?'),
      task: sentence(
        'Write waitsAfter: from a restart policy, and how starts have ended, to the waits between ' +
          'them. Then test: a monitor is watched.',
      ),
      file: exercises,
      symbols: ['waitsAfter'],
      hints: [
        sentence('Ask first whether another start follows; how long it waits is a second question.'),
        sentence('Two numbers are remembered: the last wait, and how many there were.'),
      ],
    },
  ],
  checks: [
    ...monitorChecks,
    ...logChecks,
    ...restartChecks,
    ...initChecks,
    ...smallChecks,
  ],
  zh: { ...findingsZh, ...zh },
}
