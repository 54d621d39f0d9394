/**
 * A row of the table of chapters: all that a chapter adds to the program, as data and functions.
 * What it adds to the command line is declared in command-line.ts, what it adds to the tools in
 * chapter-tools.ts; both are fields of `Chapter`.
 */
import type { Container, ContainerOptions, PlanOptions } from './options.ts'
import type { Catalogue } from './sentence.ts'
import type { Step } from './step.ts'

/** What containers have from a chapter on. A later chapter may say otherwise. */
export interface Traits {
  /** What `/` is: the host's own, a directory that was named, or the layers of an image. */
  root: 'host' | 'directory' | 'layers'
  /** A terminal of its own can be asked for. */
  terminal: boolean
  /** It has a control group. */
  groups: boolean
  /** It stays on record after its end, unless `--rm` was given. */
  keeps: boolean
  /** The network that it gets when none is named. */
  network: string
}

/**
 * A chapter's row. Everything is optional but the list: a chapter declares what it adds, and later
 * chapters have it too. Rows are loaded when the program stands at their chapter or a later one;
 * `tools` are loaded only by the tool that asks for them.
 */
export interface Chapter extends Lifecycle {
  number: number
  slug: string
  /**
   * The chapter's list. Pure: no file system, clock, environment or randomness. A promise is a
   * learner's list, which another process makes (`--lab`).
   */
  plan: (options: PlanOptions) => Step[] | Promise<Step[]>
  /**
   * Further lists, by what they are called: of a process that joins a container, for example. A
   * later chapter's takes the place of an earlier one's.
   */
  lists?: Record<string, FurtherList>
  /** The list is a learner's, who makes mistakes: `run` carries it out on a pretend machine. */
  isLearners?: boolean
  has?: Partial<Traits>
  /** Its fields of ordinary plan options, for lists that are printed, tried or tested. */
  ordinary?: () => Partial<PlanOptions>
  /** What `prepare` gives without touching anything, for a list that is only printed. */
  planned?: (setting: Pick<Setting, 'container' | 'root' | 'dir'>) => Partial<PlanOptions>
  /** Its fields where a list is tried (break, doctor): `planned` names files that are not there. */
  tried?: () => Partial<PlanOptions>
  /**
   * What a container has in its root beside its own files, for those who reach them from outside.
   * `fd` is the number of the next file that the steps open. Undefined if there is nothing.
   */
  reached?: (setting: Pick<Setting, 'container' | 'root'>, fd: number) => Reached | undefined
  /** Networks that a container can be given by name. */
  networks?: string[]
  /** Throws unless there is a network of that name, or what else it takes. */
  checkNetwork?: (root: string, name: string) => void
  /** Its part of what `inspect` and `ps --format json` print of a container. */
  fields?: (container: Container) => object
  /**
   * What `inspect` finds beside containers and images, by the word for `--type`. Throws Missing
   * where there is none of that name.
   */
  inspects?: Record<string, (root: string, name: string) => Promise<object> | object>
  /** Why a container ended, where the exit code does not say: a word for `ps`, a line for `run`. */
  endedBecause?: (container: Container) => { word: string; line: string } | undefined
  /** The Chinese of all that it says, in its reasons, errors, flags and tools. */
  chinese?: () => Promise<Catalogue>
}

/** A list beside that of `run`; as pure. */
export interface FurtherList {
  plan: (options: PlanOptions) => Step[] | Promise<Step[]>
  /** Where the function is, for a workspace in which a learner writes parts of it. */
  source?: { file: string; symbol: string }
  /** The list that it gives there: to be printed and compared, never carried out. */
  learners?: (options: PlanOptions) => Promise<Step[]>
  /** Of a process that joins a container: the fields for that container, which runs. */
  joins?: (container: Pick<Container, 'init' | 'name' | 'groups'>) => Partial<PlanOptions>
}

/** How a root that is held outside of its container gets what the container was given. */
export interface Reached {
  /** Made while the host's files are within reach, where no mount is shared. */
  opened: Step[]
  /** Made when `/` and the working directory are that root. The last leave `fd` open. */
  attached: Step[]
}

/** The list `name` of the last of `rows` that has one. */
export function furtherList(rows: Chapter[], name: string): FurtherList {
  const found = rows.findLast(({ lists }) => lists && Object.hasOwn(lists, name))?.lists?.[name]
  if (!found) throw new Error(`no chapter has a list '${name}'`)
  return found
}

/**
 * What a chapter does in the life of a container. Each function may be called again after a crash
 * and does no harm then. They are called in the order of the chapters, `ended` and `removed` in
 * the reverse order.
 */
export interface Lifecycle {
  /** Lay out what the container needs, and give the chapter's fields of its plan options. */
  prepare?: (setting: Setting) => Partial<PlanOptions> | Promise<Partial<PlanOptions>>
  /**
   * Look up in the files of its `/`, laid out by now, who runs the command, and make the variables.
   * A later chapter's takes the place of an earlier one's.
   */
  identity?: (asked: ContainerOptions, options: PlanOptions) => Promise<Partial<PlanOptions>>
  /** Its list is made, and about to be carried out: write down what goes with it. */
  listed?: (setting: Setting, made: MadeList) => void | Promise<void>
  /** Its first process is there, and on record. */
  started?: (setting: Setting) => void | Promise<void>
  /** It is created, and not started now: what it was given for a start goes back. */
  kept?: (setting: Setting) => void
  /** It is about to be killed: undo what would keep it from dying. */
  ending?: (setting: Setting) => void | Promise<void>
  /** Its first process has ended: remove what is outside its directory. Gives facts to keep. */
  ended?: (setting: Setting) => Partial<Container> | Promise<Partial<Container>>
  /** Its directory is about to be deleted. */
  removed?: (setting: Setting) => void | Promise<void>
  /** What it is given whenever it starts, for those who follow what happens. */
  lends?: (container: Container, root: string) => Lent[]
  /** Something has happened, and is on record: for those who follow what happens. */
  happened?: (root: string, event: Happening) => void
  /**
   * Do `work` on the container in `dir` while no command changes it, or leave it to the command
   * that does. Without it, nobody starts a container that has ended.
   */
  exclusively?: (dir: string, work: () => Promise<void>) => Promise<void>
  /** Undo what a killed process left in the data root, outside of any container. */
  recover?: (root: string, runtime: Runtime) => void | Promise<void>
}

/** The list of a container, what it was made of, and the rows it has to do with. */
export interface MadeList {
  plan: Step[]
  options: PlanOptions
  rows: Chapter[]
}

/** What has happened to a container, an image or something else, in Docker's words. */
export interface Happening {
  action: string
  /** None if it happened to several at once. */
  container?: Container
  /** The same: both are empty then. */
  image?: { id: string; name: string }
  /** The same of anything else: the id is empty then. */
  thing?: { type: string; id: string }
  /** What the container, or the one in `attributes`, is given whenever it starts. */
  lent?: Lent[]
  /** What else is known of it: `exitCode`, `signal`, `oldName`. */
  attributes: Record<string, string>
}

/** A thing that a container is given at each start and gives back at each end. */
export interface Lent {
  type: string
  id: string
  /** What happens to it then, before the container starts and after it has ended. */
  given: Pick<Happening, 'action' | 'attributes'>
  returned: Pick<Happening, 'action' | 'attributes'>
}

/** What a function of a container's life works on. It may change `container`. */
export interface Setting {
  container: Container
  /** The data root. */
  root: string
  /** The container's own directory. */
  dir: string
  /**
   * Unpacked layers of the container's image, topmost first. Ask when the container's use of the
   * image is on record, so that the image cannot be removed in between.
   */
  layers: () => Promise<string[]>
  /** Called with what does not keep the container from running. */
  warn: (text: string) => void
  /** It is removed with what only it has used: it was never there for others, or `rm` says so. */
  isWhole?: boolean
}

/** The parts of an OCI image configuration that decide how a container starts. */
export interface ImageSettings {
  Entrypoint?: string[] | null
  Cmd?: string[] | null
  Env?: string[] | null
  WorkingDir?: string | null
  User?: string | null
}

/** A line of the table of chapters. */
export interface ChapterEntry {
  number: number
  slug: string
  load: () => Promise<Chapter>
}

/** What operations work with: a data root, and the chapters. */
export interface Runtime {
  /** The data root. */
  root: string
  /** The chapters up to the one that the program stands at, in order. */
  rows: Chapter[]
  /** All chapters there are. */
  chapters: ChapterEntry[]
  /** Called with what could not be cleared up: it does not make an operation fail. */
  warn: (text: string) => void
}

/** Load the rows up to chapter `number`, in order. */
export function rowsUpTo(chapters: ChapterEntry[], number: number): Promise<Chapter[]> {
  return Promise.all(chapters.filter((each) => each.number <= number).map(({ load }) => load()))
}

/** The rows that a container of chapter `number` has to do with. */
export async function rowsFor({ rows, chapters }: Runtime, number: number): Promise<Chapter[]> {
  const isLoaded = rows.some((row) => row.number === number)
  return isLoaded ? rows.filter((row) => row.number <= number) : rowsUpTo(chapters, number)
}

/** What containers of the last of `rows` have. */
export function traitsOf(rows: Chapter[]): Traits {
  const no = { terminal: false, groups: false, keeps: false }
  const none: Traits = { root: 'host', ...no, network: 'none' }
  return Object.assign(none, ...rows.map(({ has }) => has)) as Traits
}

/** Ordinary options for a list of the last of `rows`, except for what `overrides` has. */
export function planOptions(rows: Chapter[], overrides: Partial<PlanOptions> = {}): PlanOptions {
  const base = { argv: ['sh'], env: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin'], hostname: 'box' }
  return Object.assign(base, ...rows.map((row) => row.ordinary?.()), overrides) as PlanOptions
}
