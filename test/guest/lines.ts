/** Tests. What the kernel tests print, a line of JSON each. */
import type { MachineWords, Result } from '../results.ts'

/** First the machine, then each test, what is left over of all of them, and last the end. */
export type Line =
  | { machine: MachineWords }
  | { result: Result }
  | { listed: { file: string; name: string } }
  | { leftover: string }
  | { ended: { ms: number } }
