/** Command line. The table of chapters: one row each, in order. */
import type { Chapter } from '../runtime/container/run.ts'
import { consequences as withoutNamespaces } from './01-namespaces/consequences.ts'
import { plan as namespaces } from './01-namespaces/plan.ts'
import { consequences as withoutCgroups } from './02-cgroups/consequences.ts'
import { plan as cgroups } from './02-cgroups/plan.ts'
import { consequences as withoutPivotRoot } from './03-pivot-root/consequences.ts'
import { plan as pivotRoot } from './03-pivot-root/plan.ts'
import { consequences as withoutOverlay } from './04-overlay/consequences.ts'
import { plan as overlay } from './04-overlay/plan.ts'
import { plan as commit } from './05-commit/plan.ts'
import { misconceptions } from './misconceptions.ts'

const rows: Chapter[] = [
  { number: 1, slug: 'namespaces', plan: namespaces, consequences: withoutNamespaces },
  { number: 2, slug: 'cgroups', plan: cgroups, consequences: withoutCgroups },
  { number: 3, slug: 'pivot-root', plan: pivotRoot, consequences: withoutPivotRoot },
  { number: 4, slug: 'overlay', plan: overlay, consequences: withoutOverlay },
  { number: 5, slug: 'commit', plan: commit },
]

export const chapters: Chapter[] = rows.map((chapter) => {
  const believed = misconceptions[chapter.number]
  return believed ? { ...chapter, misconceptions: believed } : chapter
})
