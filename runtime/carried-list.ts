/** A list beside that of `run`, which a command carries out and may watch. */
import type { Mode } from './encode.ts'
import type { Launch, LaunchOptions, Outcome } from './native.ts'
import type { Report } from './reports.ts'
import type { Step } from './step.ts'

/**
 * What becomes of what its calls have made so far when its walk is left; `settled` if the command
 * decides by how far they have come.
 */
export type WhenLeft = 'undone' | 'kept' | 'settled'

/** What a command carries out. */
export interface ListToCarryOut extends Pick<LaunchOptions, 'stdio'> {
  /** Which list: see `Chapter.lists`. */
  name: string
  /** The command that it executes. */
  argv: string[]
  /** Nobody waits for that command. */
  isDetached: boolean
  whenLeft?: WhenLeft
  begin: (how: ListOptions) => Promise<StartedList>
}

export interface ListOptions {
  mode?: Mode
  /**
   * Carry out another list instead of `plan`, about the container whose directory is `dir`; it may
   * write to what is `open`, too.
   */
  alter?: (plan: Step[], dir: string, open?: string[]) => Step[]
}

/** A list that is being carried out. */
export interface StartedList {
  plan: Step[]
  launched: Launch
  /** The process that goes through the list, by the host's number. */
  pid: number
  /** Each report as it comes; `pid` is up to date by then. */
  reports: AsyncIterable<Report>
  /** The directories of the control groups that it joins. */
  groups: string[]
  /** The number of the chapter whose causes explain a failure. */
  chapter: number
  /** How the command ended, or that it goes on without this process. Never rejects. */
  outcome: Promise<Outcome>
}

/** How it went. */
export interface CarriedList {
  /** None if its walk was left before the command ran. */
  outcome?: Outcome
  /** Why it failed, and the exit code for it. */
  why?: { text: string; exitCode: number }
}

/**
 * The reports of a list that becomes no command, in mode `step`: a go-ahead can be sent up to that
 * of the last step.
 */
export async function* untilLast(
  { reports, end }: Pick<StartedList['launched'], 'reports' | 'end'>,
  plan: Step[],
): AsyncGenerator<Report> {
  for await (const report of reports) {
    if (!report.failed && report.index === plan.length - 1) end()
    yield report
  }
}
