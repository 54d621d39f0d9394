/** Chapter 6, for the tools that look at containers from outside. */
import { explainLife } from '../../runtime/06-lifecycle/explain.ts'
import { lifeRows } from '../../runtime/06-lifecycle/look.ts'
import type { ChapterTools } from '../../runtime/chapter-tools.ts'
import { consequences } from './consequences.ts'
import { misconceptions } from './misconceptions.ts'

export const tools: ChapterTools = {
  consequences,
  misconceptions,
  explain: explainLife,
  demands: { wants: ['cgroup-freezer'] },
  xray: lifeRows,
}
