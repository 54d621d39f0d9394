/** What carries out orders, each by a worker of its own: on this machine, or on a virtual one. */
import { clearLeft, runApart, type Apart, type ApartEnd } from './apart.ts'
import type { AlikeOrder, JudgeOrder, WorkOrder } from './order.ts'

export interface Workers {
  /** As grades say it: see format.ts. */
  where?: 'vm'
  /** How many times as long everything takes there. */
  times: number
  /** Run one worker to its end. Throws if there can be none. */
  run(order: AskedOrder, task: Task): Promise<WorkerEnd>
  /** End what is kept for further orders. */
  close(): Promise<void>
}

/** An order without what depends on the machine where it is carried out. */
export type AskedOrder = AlikeOrder | Omit<JudgeOrder, keyof Tools>

/** How it is carried out. `milliseconds` are those of the machine where it is. */
export type Task = Pick<Apart, 'onLine' | 'milliseconds' | 'signal'>

/** What a machine has to judge with. */
export type Tools = Pick<JudgeOrder, 'layers' | 'lacking'>

export interface WorkerEnd extends ApartEnd {
  /** Capabilities that its machine lacks, with the reason. */
  lacking: JudgeOrder['lacking']
}

/** Workers on this machine: `argv` is one. Removes what those of a killed grader have left. */
export async function workersHere(root: string, argv: string[], tools: Tools): Promise<Workers> {
  await clearLeft()
  return {
    times: 1,
    run: async (asked, task) => {
      const order: WorkOrder = 'alike' in asked ? asked : { ...asked, ...tools }
      const input = JSON.stringify(order)
      const end = await runApart({ root, argv, env: environment(), input, ...task })
      return { ...end, lacking: tools.lacking }
    },
    close: async () => {},
  }
}

/** A worker knows nothing else of the caller. */
function environment(): string[] {
  return [`PATH=${process.env['PATH'] ?? ''}`, 'HOME=/', 'NO_COLOR=1']
}
