/** Chapter 5, for the tools that look at containers from outside. */
import {
  copyLeftovers,
  frozenLeftovers,
  imageLeftovers,
} from '../../runtime/05-commit/leftovers.ts'
import type { ChapterTools } from '../../runtime/chapter-tools.ts'

export const tools: ChapterTools = {
  demands: { wants: ['cgroup-freezer'] },
  leftovers: [frozenLeftovers, copyLeftovers, imageLeftovers], // images last: copies are of them
}
