/** Chapter 1, for the lab: a process with namespaces of its own. */
import type { ChapterLab } from '../../../runtime/chapter-lab.ts'
import { findingsZh } from '../../../runtime/lab-findings.ts'
import { checks } from './checks.ts'
import { exerciseChecks } from './exercise-checks.ts'
import { answers, exercises, planner } from './tasks.ts'
import zh from './zh.json' with { type: 'json' }

export const lab: ChapterLab = {
  blanks: {
    [planner]: ['processIds', 'namespaces', 'privateMounts', 'hostname', 'loopback', 'proc'],
    [answers]: ['firstChild', 'secondFork', 'mountsOnProc', 'peers', 'following', 'nested'],
  },
  dropped: { [answers]: ['lines', 'groupsOf'] },
  exercises,
  checks: [...checks, ...exerciseChecks],
  zh: { ...findingsZh, ...zh },
}
