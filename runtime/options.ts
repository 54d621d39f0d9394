/**
 * The data of one container: what was asked for, what its plan needs to know, what is on record.
 *
 * A chapter adds its fields to these interfaces where it defines their types, by declaration
 * merging:
 *
 *     declare module '../options.ts' {
 *       interface PlanOptions { group: Group }
 *     }
 */

export interface User {
  uid: number
  gid: number
  /** Its supplementary groups, with `gid` among them; by default that alone. */
  groups?: number[]
}

/** What a container is asked to be: flags, an image's settings and defaults combined. */
export interface ContainerOptions {
  argv: string[]
  /** `NAME=value` each, on top of the defaults; `NAME` alone takes a default away. */
  env: string[]
  /** The working directory, absolute. */
  cwd?: string
  /** Without a name, a random one is chosen. */
  name?: string
  /** Without a host name, the first 12 digits of the id. */
  hostname?: string
  /** Remove the container when it ends. */
  rm?: boolean
  /** It lives on without the process that started it. */
  detach?: boolean
}

/** What a planner may ask for. Each takes what it knows. */
export interface PlanOptions {
  argv: string[]
  /** `NAME=value` each; PATH among them decides where argv[0] is looked for. */
  env: string[]
  cwd?: string
  user?: User
  hostname: string
}

/**
 * A container on record. Times are ISO 8601. It is kept as JSON, in `running/<id>` while a process
 * waits for it and in `containers/<id>/state.json` afterwards.
 */
export interface Container extends ContainerOptions {
  version: 2
  /** 64 hexadecimal digits (32 in version 1). */
  id: string
  name: string
  hostname: string
  rm: boolean
  /** The number of the chapter whose list it was made with. */
  chapter: number
  created: string
  /** When its command was first executed, or last, after restarts. */
  started?: string
  finished?: string
  /** It is `restarting` while its monitor waits before another start. */
  status: 'created' | 'running' | 'restarting' | 'exited'
  /** A name that may be reserved for it, too: a crash has interrupted its renaming. */
  spareName?: string
  /** How often it was taken up again after an end (`start`); absent the first time. */
  life?: number
  /** How often its monitor has started it again. */
  restarts?: number
  /** The log took no more: the name of the errno. */
  unlogged?: string
  /** The process that waits for the container and cleans up after it. */
  monitor: ProcessId
  /** The container's first process, as the host sees it. */
  init?: ProcessId
  exitCode?: number
  /** The signal that ended its first process. */
  signal?: string
}

/**
 * A pid, and when its process started: in clock ticks since the boot with the id `boot`. The pid is
 * that of the pid namespace `within`: `4026531836@machine`, the inode number of the namespace and
 * the name of the machine. Earlier versions did not write it down: then it is taken to be ours.
 */
export interface ProcessId {
  pid: number
  start: number
  boot: string
  within?: string
}

/** The digits by which a container or an image is shown. */
export function shortId(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 12)
}
