/** Command line. The table of chapters: one row each, in order. */
import type { Chapter } from '../runtime/run.ts'
import { plan as namespaces } from './01-namespaces/plan.ts'
import { plan as cgroups } from './02-cgroups/plan.ts'
import { plan as pivotRoot } from './03-pivot-root/plan.ts'
import { plan as overlay } from './04-overlay/plan.ts'
import { plan as commit } from './05-commit/plan.ts'

export const chapters: Chapter[] = [
  { number: 1, slug: 'namespaces', plan: namespaces },
  { number: 2, slug: 'cgroups', plan: cgroups },
  { number: 3, slug: 'pivot-root', plan: pivotRoot },
  { number: 4, slug: 'overlay', plan: overlay },
  { number: 5, slug: 'commit', plan: commit },
]
