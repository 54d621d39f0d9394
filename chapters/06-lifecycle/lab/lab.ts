/** Chapter 6, for the lab: a container lives on without its parent. */
import type { ChapterLab } from '../../../runtime/chapter-lab.ts'
import { findingsZh } from '../../../runtime/lab-findings.ts'
import { sentence } from '../../../runtime/sentence.ts'
import { allows } from './allows.ts'
import { initChecks } from './init-checks.ts'
import { journalChecks } from './journal-checks.ts'
import { logChecks } from './log-checks.ts'
import { monitorChecks } from './monitor-checks.ts'
import { restartChecks } from './restart-checks.ts'
import { waitsChecks } from './waits-checks.ts'
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
  given: { [init]: 'chapters/06-lifecycle/lab/wrong/no-init.ts' },
  dropped: { [monitor]: ['flagOf'], [exercises]: ['codeOf'] },
  allows,
  exercises: [
    {
      id: 'init',
      kind: 'write',
      title: sentence('Write withInit: a process 1 that reaps'),
      task: sentence(
        'Write withInit: with --init, process 1 of the container stays as it is, and the command ' +
          'is its child. The call is there: init. Where does it go?',
      ),
      file: init,
      symbols: ['withInit'],
      hints: [
        sentence('init forks, and only the child goes on with the list.'),
        sentence('Which step is the last one that can be made before there is a command?'),
      ],
    },
    {
      id: 'log',
      kind: 'write',
      title: sentence('Write openLog: what was written can be read later'),
      task: sentence(
        'Write openLog: one call, whose arguments are in runtime/calls.ts. Without a log ' +
          'there is no step.',
      ),
      file: log,
      symbols: ['openLog'],
      hints: [
        sentence('open_log takes the bound of a file before the number of files.'),
        sentence('What has no attributes has none in its records: an empty text.'),
      ],
    },
    {
      id: 'monitor',
      kind: 'write',
      title: sentence('Write monitor: it lives on without its parent'),
      task: sentence(
        'Write monitor: what a process has to leave behind that is to live long, and the call ' +
          'that makes a monitor of it. Begin with a container that is started with -d and needs ' +
          'nobody; restarts come after that.',
      ),
      file: monitor,
      symbols: ['monitor'],
      hints: [
        sentence('Without -d there is no monitor to be told: what does the list have of it then?'),
        sentence(
          'supervise forks. What is to be true of the process that stays has to be made before.',
        ),
        sentence(
          'Two things of the caller hold on to a process that lives long: a terminal, and a ' +
            'directory.',
        ),
        sentence(
          'Four names of policies become three flags. One more field of a policy is a number, ' +
            'and 0 stands for any.',
        ),
      ],
    },
    {
      id: 'read',
      kind: 'read',
      title: sentence('Read a journal: what has become of the container?'),
      task: sentence(
        'Write saidIn: from the lines that a monitor has written, to what ps can say, whether ' +
          'the monitor is alive or was killed.',
      ),
      file: exercises,
      symbols: ['saidIn'],
      hints: [
        sentence('Go through the lines once, and remember what each of them changes.'),
        sentence('A status has the exit code in its high byte, or a signal in its low seven bits.'),
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
        'Write waitsAfter: from a restart policy, and how starts have ended, to the waits ' +
          'between them. Then test: a monitor is watched.',
      ),
      file: exercises,
      symbols: ['waitsAfter'],
      hints: [
        sentence('Ask first whether another start follows; how long it waits comes second.'),
        sentence('Two numbers are remembered: the last wait, and how many there were.'),
      ],
    },
  ],
  checks: [
    ...[...initChecks, ...logChecks, ...monitorChecks, ...restartChecks],
    ...[...journalChecks, ...waitsChecks],
  ],
  zh: { ...findingsZh, ...zh },
}
