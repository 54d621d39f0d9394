/** Chapter 9, for the tools that look at containers from outside. */
import type { ChapterTools } from '../../runtime/chapter-tools.ts'
import { capabilities } from './capabilities.ts'
import { consequences } from './consequences.ts'

export const tools: ChapterTools = {
  consequences,
  capabilities,
  demands: { own: ['container-links'] },
}
