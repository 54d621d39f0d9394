/** Chapter 7, for the tools that look at containers from outside. */
import type { ChapterTools } from '../../runtime/chapter-tools.ts'
import { execCapabilities } from '../../runtime/07-exec/capabilities.ts'
import { explainExec } from '../../runtime/07-exec/explain-exec.ts'
import { healthRows } from '../../runtime/07-exec/health-look.ts'
import { consequences } from './consequences.ts'
import { misconceptions } from './misconceptions.ts'

export const tools: ChapterTools = {
  consequences,
  misconceptions,
  explain: explainExec,
  capabilities: execCapabilities,
  demands: { wants: execCapabilities.map(({ name }) => name) },
  xray: healthRows,
}
