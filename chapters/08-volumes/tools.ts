/** Chapter 8, for the tools that look at containers from outside. */
import { explainVolumes } from '../../runtime/08-volumes/explain.ts'
import { mountRows } from '../../runtime/08-volumes/look.ts'
import { volumeLeftovers } from '../../runtime/08-volumes/volume-leftovers.ts'
import type { ChapterTools } from '../../runtime/chapter-tools.ts'
import { capabilities } from './capabilities.ts'
import { consequences } from './consequences.ts'
import { misconceptions } from './misconceptions.ts'

export const tools: ChapterTools = {
  consequences,
  misconceptions,
  explain: explainVolumes,
  leftovers: [volumeLeftovers],
  capabilities,
  demands: { own: ['mount-trees'] },
  xray: mountRows,
}
