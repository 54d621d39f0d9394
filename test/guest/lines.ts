/** Tests. The lines of JSON that the kernel tests print. */
import type { MachineWords, Result } from '../results.ts'

/** In this order: the machine, each test, what is left over after all of them, the end. */
export type Line =
  | { machine: MachineWords }
  | { result: Result }
  | { listed: { file: string; name: string } }
  | { leftover: string }
  | { ended: { ms: number } }
