/** Chapter 2, for the lab: a group with limits, joined before the command runs. */
import type { ChapterLab } from '../../../runtime/chapter-lab.ts'
import { findingsZh } from '../../../runtime/lab-findings.ts'
import { exerciseChecks } from './exercise-checks.ts'
import { groupChecks } from './group-checks.ts'
import { limitChecks } from './limit-checks.ts'
import { answers, exercises, lines, list, planner } from './tasks.ts'
import zh from './zh.json' with { type: 'json' }

export const lab: ChapterLab = {
  blanks: {
    [list]: ['plan'],
    [planner]: ['group', 'writeLimits', 'joinGroup'],
    [lines]: ['quota', 'memory', 'processes'],
    [answers]: ['killedBy', 'refusal', 'inTheGroup', 'groupDir', 'job', 'unliftable'],
  },
  dropped: { [answers]: ['pathIn'] },
  exercises,
  checks: [...groupChecks, ...limitChecks, ...exerciseChecks],
  zh: { ...findingsZh, ...zh },
}
