/** The words of the command line as data: flags, commands, columns, and what a command answers. */
import type { CarriedList, ListToCarryOut } from './carried-list.ts'
import type { Chapter, Runtime, Traits } from './chapter.ts'
import type { Launch, LaunchOptions } from './native.ts'
import type { Container, ContainerOptions, PlanOptions } from './options.ts'
import type { Report } from './reports.ts'
import type { Step } from './step.ts'

declare module './chapter.ts' {
  interface Chapter {
    /** The flags it adds to commands, by the name of the command. */
    flags?: Record<string, Flag[]>
    /** What its flags of `run` ask for; `image` is what the image's configuration says. */
    asked?: (typed: Typed, image: ImageSettings) => Partial<ContainerOptions>
    commands?: CommandSpec[]
    columns?: Column[]
    /** The keys that let go of a container on a terminal, as they were asked for. */
    detachKeys?: (typed: Pick<Typed, 'values'>) => Uint8Array
  }
  interface FurtherList {
    /** The options of a list that is only printed, for the words of a command line. */
    printed?: (input: Input) => PlanOptions | Promise<PlanOptions>
  }
}

/** The keys that let go of a container on a terminal, from the chapter on that has them. */
export function detachKeysOf(rows: Chapter[], typed: Pick<Typed, 'values'>): { keys?: Uint8Array } {
  const keys = rows.map(({ detachKeys }) => detachKeys?.(typed)).findLast((each) => each)
  return keys ? { keys } : {}
}

export interface Flag {
  long: string
  short?: string
  /** What the value is called in the help; a flag without it is a switch. */
  value?: string
  /** May be given several times. */
  many?: boolean
  /** A switch that is on unless `--human=false` is given. */
  isOn?: boolean
  text: string
}

/** The step-by-step side of a command that carries out a list. */
export const stepFlags: Flag[] = [
  { long: 'trace', text: 'show each call with its result and duration' },
  { long: 'step', text: 'stop before each call; see what it changed' },
  { long: 'without', value: 'N|CALL', text: 'leave a line out, on a pretend machine' },
  { long: 'record', value: 'FILE', text: 'write the walk to a file, for replay' },
]

/** A command line taken apart: switches and values by the long names of their flags. */
export interface Typed {
  switches: Set<string>
  values: Map<string, string[]>
  words: string[]
  /** The words came after `--`. */
  isDashed?: boolean
}

/** The last value given for `long`, as Docker takes it. */
export function valueOf({ values }: Pick<Typed, 'values'>, long: string): string | undefined {
  return values.get(long)?.at(-1)
}

/** A mistake in how the command was typed: exit code 125, with a pointer to the help. */
export class UsageError extends Error {}

/** What a command gets to work on. */
export interface Input extends Typed {
  runtime: Runtime
  /** The chapter that the program stands at. */
  chapter: Chapter
  /** The commands that this chapter has. */
  commands: () => CommandSpec[]
  /** Write to standard output; a line is printed as soon as it is known. */
  print: (text: string) => void
  /** Write foreign bytes to standard output or standard error, as they are. */
  write: (fd: 1 | 2, bytes: Uint8Array) => void
  /** Show what long work has done so far: on a terminal only, and gone when the command ends. */
  progress: (text: string) => void
  /** Report a problem that does not end the command, on standard error. */
  warn: (text: string) => void
  /** The same for an error; of a name that nothing has, with what to type instead. */
  failed: (error: unknown) => Promise<void>
  /** Warn of what is about to be removed, and ask. False if the answer is not yes. */
  isAgreed: (warning: string) => Promise<boolean>
  /** Why a step failed, while the process that made the call is still there. */
  explain: Explain
  /** Pass signals on to a native program, and keys where it has no terminal. */
  attach: (launched: Launch, options: AttachOptions) => Promise<void>
  /** Carry out a list as `stepFlags` say, and explain its failure. */
  carryOut: (input: Input, list: ListToCarryOut) => Promise<CarriedList>
  /** The caller's standard streams, for a process with the switches -i, -t and -d. */
  streams: (typed: Typed) => Promise<OwnStreams>
  /** `container` or `image`, if the command was typed as `container inspect`. */
  group?: string
}

export interface AttachOptions extends Pick<LaunchOptions, 'stdio'> {
  /** With `false` no signals are passed on. */
  sigProxy?: boolean
  /** End the container at once; without it, the native program. */
  kill?: () => void
}

/** What a process gets of who typed the command. */
export interface OwnStreams {
  stdio: NonNullable<LaunchOptions['stdio']>
  streams: NonNullable<ContainerOptions['streams']>
  /** Of the caller's terminal; with -t. */
  terminal?: NonNullable<ContainerOptions['terminal']>
}

/** A failed step in words, and the exit code for it. `pid` is the process that made the call. */
export type Explain = (
  failed: { plan: Step[]; pid: number; chapter: number },
  report: Report,
) => Promise<{ text: string; exitCode: number }>

/** Do `work` for each word. After a failure it goes on; gives the exit code, 1 if there was one. */
export async function forEachWord(
  { words, failed }: Pick<Input, 'words' | 'failed'>,
  work: (word: string) => void | Promise<void>,
): Promise<number> {
  let code = 0
  for (const word of words)
    try {
      await work(word)
    } catch (error) {
      await failed(error)
      code = 1
    }
  return code
}

/**
 * What a command has found out, for the command line to print: as JSON with `--format json`, by a
 * template, as ids with `-q`, else as a table or lines. Cells and lines may hold foreign words; the
 * command line makes them printable.
 */
export interface Answer {
  json?: unknown
  /** What `--format TEMPLATE` is carried out on, one after the other; without it, `json`. */
  items?: object[]
  /** For `--format 'table …'`: the head of the column with a field, by the field's name. */
  headOf?: Record<string, string>
  ids?: string[]
  heads?: string[]
  rows?: string[][]
  lines?: string[]
  /** The lines are sentences, which are said in the language of who reads them. */
  isSpoken?: boolean
  /** The lines are printable as they are, and may have colours. */
  isStyled?: boolean
  /** Instead of all these: answers that follow each other, until they end or `signal` is given. */
  frames?: (signal: AbortSignal) => AsyncIterable<Answer>
  /** Instead of all these: answers that are printed one after the other, as they come. */
  stream?: AsyncIterable<Answer>
  /** The exit code, 0 when absent. */
  code?: number
}

export interface CommandSpec {
  name: string
  /** As it is typed: `rm [-f] CONTAINER…`. */
  usage: string
  summary: string
  /** Lines to try, for the help. */
  examples?: string[]
  /** Keys that it takes on a terminal, for the help: `q  leave`. */
  keys?: string[]
  flags: Flag[]
  /** It also takes the flags that chapters add to the command of this name. */
  sharesFlagsOf?: string
  /** Flags end at the first word: what follows belongs to the container. */
  stopAtWord?: boolean
  /** Fewest and most words after the flags. */
  words: [least: number, most: number]
  /** It is there from the first chapter on whose containers are like this. */
  needs?: (has: Traits) => boolean
  load: () => Promise<(input: Input) => Answer | number | Promise<Answer | number>>
}

/** A column that a chapter adds to the table of a command, or fills where it is there already. */
export interface Column {
  command: string
  head: string
  cell: (container: Container) => string | undefined
}
