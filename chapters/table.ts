/** Command line. The table of chapters: one row each, in order. */
import type { Chapter } from '../runtime/run.ts'
import { consequences as ofNamespaces } from './01-namespaces/consequences.ts'
import { plan as namespaces } from './01-namespaces/plan.ts'
import { consequences as ofCgroups } from './02-cgroups/consequences.ts'
import { plan as cgroups } from './02-cgroups/plan.ts'
import { consequences as ofPivotRoot } from './03-pivot-root/consequences.ts'
import { plan as pivotRoot } from './03-pivot-root/plan.ts'
import { consequences as ofOverlay } from './04-overlay/consequences.ts'
import { plan as overlay } from './04-overlay/plan.ts'
import { plan as commit } from './05-commit/plan.ts'

/** What leaving a line out does, the newest chapter's words first: a line may come to mean more. */
const two = [...ofCgroups, ...ofNamespaces]
const three = [...ofPivotRoot, ...two]
const four = [...ofOverlay, ...three]

export const chapters: Chapter[] = [
  { number: 1, slug: 'namespaces', plan: namespaces, consequences: ofNamespaces },
  { number: 2, slug: 'cgroups', plan: cgroups, consequences: two },
  { number: 3, slug: 'pivot-root', plan: pivotRoot, consequences: three },
  { number: 4, slug: 'overlay', plan: overlay, consequences: four },
  { number: 5, slug: 'commit', plan: commit, consequences: four },
]
