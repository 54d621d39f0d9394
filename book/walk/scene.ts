/** What the player of a walk draws, as data: made at build time, read by the browser. */

/** A mount, by the id of its parent. */
export interface SceneMount {
  parent: string
  target: string
  type: string
  source: string
  options: string
  propagation: string
  /** The file system and the directory of it that is mounted. */
  device: string
}

export interface SceneProcess {
  pid: number
  parent: number
  /** Its number in each pid namespace that it is in, the host's first. */
  numbers: number[]
  command: string
}

/** The state of the process that makes the calls, and of what is around it. */
export interface Scene {
  pid: number
  processes: SceneProcess[]
  /** The number of each namespace. */
  namespaces: Record<string, string>
  hostname: string
  loopbackUp: boolean
  mounts: Record<string, SceneMount>
  groups: Record<string, Record<string, string>>
  usage: { memoryBytes?: number; pids?: number; cpuNs?: number }
  membership: string[]
  descriptors: Record<string, string>
  /** What is left, by name: working directory, user, umask … */
  facts: Record<string, string>
}

export interface WalkLine {
  step: number
  chapter: number
  name: string
  strace: string
  why: string
  /** The reason in Chinese. */
  chinese: string
  /** The index in `code` of what made this line. */
  code?: number
  /** The line of that code, from 0, in which the reason is. */
  at?: number
}

export interface WalkChange {
  topic: string
  sign: '+' | '-' | '~'
  text: string
  /** Topic and text in Chinese, if they differ. */
  chinese?: Pick<WalkChange, 'topic' | 'text'>
}

export interface WalkFrame {
  /** The index in the plan. */
  index: number
  result?: number
  errno?: string
  changes: WalkChange[]
  /** What changed in the scene: a merge patch. */
  patch?: unknown
  /** Why no change is seen, if none is. */
  unseen?: string
  /** The same in Chinese. */
  chinese?: string
}

/** A declaration in a file, highlighted. */
export interface WalkCode {
  path: string
  symbol: string
  /** The page of the file, from the top of the book. */
  href: string
  /** Lines of HTML. */
  lines: string[]
}

/** What the script `walk-NN.js` assigns. */
export interface WalkData {
  chapter: number
  slug: string
  command: string
  kernel: string
  plan: WalkLine[]
  start: Scene
  frames: WalkFrame[]
  code: WalkCode[]
}
