/** Chapter 2, for the tools that look at containers from outside. */
import { explainScore } from '../../runtime/02-cgroups/explain.ts'
import type { ChapterTools } from '../../runtime/chapter-tools.ts'
import { consequences } from './consequences.ts'
import { misconceptions } from './misconceptions.ts'

export const tools: ChapterTools = {
  consequences,
  misconceptions,
  explain: explainScore,
  demands: {
    own: ['cgroups'],
    wants: ['cgroup-cpu', 'cgroup-cpuset', 'cgroup-memory', 'cgroup-pids'],
  },
}
