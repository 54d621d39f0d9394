/** Chapter 2. Containers on disk: what is known of each, by id and by name, whoever asks. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { ownPrefix, putInPlace, writeDurably } from '../durable.ts'
import type { Stats } from '../02-cgroups/group-stats.ts'
import type { ProcessId } from '../process.ts'

/**
 * `running/<id>` while it runs, `containers/<id>/state.json` afterwards; until then `.room` beside
 * that holds its place. A directory with neither state was never acknowledged, and is removed.
 * Times are ISO 8601; `groups` are the container's cgroup directories; `diffIds` bottom first.
 */
export interface Container {
  version: 1
  id: string
  name: string
  chapter: number
  created: string
  finished?: string
  status: 'created' | 'running' | 'exited'
  command: string[]
  hostname: string
  image?: ImageUse
  /** How it was started, in the words of an image's configuration: what `commit` hands on. */
  config?: {
    Entrypoint?: string[]
    Cmd?: string[]
    Env?: string[]
    WorkingDir?: string
    User?: string
  }
  /** Removed when it ends. */
  rm: boolean
  /** The process that waits for the container and cleans up after it. */
  monitor: ProcessId
  /** The container's first process, as the host sees it. */
  init?: ProcessId
  groups: string[]
  exitCode?: number
  signal?: string
  oomKilled?: boolean
  stats?: Stats
}

/** Which image a container stands on: by name when it was started, and exactly. */
export interface ImageUse {
  name: string
  /** Digest of the image's configuration, which is the image's id. */
  id: string
  /** Digest of its manifest. */
  manifest: string
  diffIds: string[]
}

/** A container's own directory: write layer, container-init layer, state. */
export function containerDir(root: string, id: string): string {
  return join(root, 'containers', id)
}

/** 32 hexadecimal digits, 122 of their bits random; the first 12 digits are shown. */
export function newId(): string {
  return readFileSync('/proc/sys/kernel/random/uuid', 'latin1').replace(/[-\s]/g, '')
}

/**
 * Mark the container as running, reserve its name and make its directory, in an order that leaves a
 * crash at any point to `tidy`. Gives the directory; throws when the name is taken, or the disk is
 * full.
 */
export function createContainer(root: string, container: Container): string {
  for (const name of ['containers', 'names', 'running', 'tmp'])
    mkdirSync(join(root, name), { recursive: true, mode: 0o711 })
  saveRunning(root, container)
  const dir = containerDir(root, container.id)
  try {
    reserveName(root, container)
    // What a container marks set-user-id is not for everybody on the host (CVE-2021-41091).
    mkdirSync(dir, { mode: 0o700 })
    if (!container.rm) makeRoom(root, container)
  } catch (error) {
    removeContainer(root, container)
    markEnded(root, container.id)
    throw error
  }
  return dir
}

/** Take as much of the disk as the state of its end will need: by then it may have filled it. */
function makeRoom(root: string, container: Container): void {
  const bytes = Buffer.byteLength(textOf(container)) + 4096
  writeFileSync(roomFile(root, container.id), Buffer.alloc(bytes))
}

/**
 * What is known of a running container; a reader sees the old state or the new one. It is not
 * synced, as no container runs after a power cut: what that leaves of a mark is for `tidy`.
 */
export function saveRunning(root: string, container: Container): void {
  const aside = asideOf(root, container)
  writeFileSync(aside, textOf(container))
  renameSync(aside, runningMark(root, container.id))
}

/**
 * What is kept of a container that has ended; from here on it is acknowledged, and on the disk
 * before the mark goes that would tell of it otherwise.
 */
export function saveEnded(root: string, container: Container): void {
  const aside = asideOf(root, container)
  unlinkIfThere(aside)
  renameIfThere(roomFile(root, container.id), aside)
  writeDurably(aside, textOf(container))
  putInPlace(aside, stateFile(root, container.id))
  markEnded(root, container.id)
}

/** Nothing of the container runs any more, and nothing waits for it. */
export function markEnded(root: string, id: string): void {
  unlinkIfThere(runningMark(root, id))
}

/** The containers that were started and of which nobody has said that they ended. */
export function runningContainers(root: string): Container[] {
  return marks(root).flatMap(({ container }) => container ?? [])
}

/**
 * The marks of running containers, and what each says: nothing, if a power cut came before it was
 * on the disk, or if the container has ended since the marks were listed.
 */
export function marks(root: string): { id: string; container: Container | undefined }[] {
  return list(join(root, 'running')).map((id) => ({ id, container: read(runningMark(root, id)) }))
}

/** What is kept of a container that has ended. */
export function endedContainer(root: string, id: string): Container | undefined {
  return read(stateFile(root, id))
}

/** Every container, newest first. */
export function listContainers(root: string): Container[] {
  const running = runningContainers(root)
  const isRunning = new Set(running.map(({ id }) => id))
  const ended = list(join(root, 'containers'))
    .filter((id) => !isRunning.has(id))
    .flatMap((id) => endedContainer(root, id) ?? [])
  return [...running, ...ended].sort((a, b) => (a.created < b.created ? 1 : -1))
}

/** By full name, full id, or a prefix of an id that only one container has. Throws otherwise. */
export function findContainer(root: string, nameOrId: string): Container {
  const linked = linkedId(root, nameOrId)
  const byName = linked && stateOf(root, linked)
  if (byName) return byName
  const isHex = /^[0-9a-f]{1,32}$/.test(nameOrId)
  const ids = isHex ? list(join(root, 'containers')).filter((id) => id.startsWith(nameOrId)) : []
  if (ids.length > 1)
    throw new Error(
      `'${nameOrId}' is the beginning of ${ids.length} container ids; give more of it`,
    )
  const byId = ids[0] && stateOf(root, ids[0])
  if (byId) return byId
  const names = listContainers(root).map(({ name }) => name)
  const have = names.length ? `have: ${names.slice(0, 8).join(', ')}` : 'there are none'
  throw new Error(`no container named '${nameOrId}'; ${have}`)
}

function stateOf(root: string, id: string): Container | undefined {
  return read(runningMark(root, id)) ?? endedContainer(root, id)
}

/** Delete a container that does not run. False when another process was faster. */
export function removeContainer(root: string, { id, name }: { id: string; name: string }): boolean {
  const trash = join(root, 'tmp', `rm-${id}`)
  try {
    renameSync(containerDir(root, id), trash)
  } catch (error) {
    if (!isMissing(error)) throw error
    return false
  } finally {
    if (linkedId(root, name) === id) unlinkIfThere(join(root, 'names', name))
  }
  removeTree(trash)
  return true
}

/**
 * Delete a directory and all in it. Several times faster than rmSync on the few files of an
 * ordinary container, which matters because it is part of every `run --rm`; what it cannot do,
 * rmSync does.
 */
function removeTree(dir: string): void {
  try {
    for (const entry of readdirSync(dir, { withFileTypes: true })) {
      const path = join(dir, entry.name)
      if (entry.isDirectory()) removeTree(path)
      else unlinkSync(path)
    }
    rmdirSync(dir)
  } catch {
    rmSync(dir, { recursive: true, force: true }) // ignoring the cause: if it lasts, this throws
  }
}

/** The name's link is its reservation: made by one call, it cannot be there half. */
function reserveName(root: string, { id, name }: Container): void {
  const link = join(root, 'names', name)
  for (let tries = 0; tries < 3; tries++) {
    try {
      return symlinkSync(id, link)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    }
    const owner = linkedId(root, name)
    if (owner && isThere(root, owner))
      throw new Error(`the name '${name}' is in use by container ${owner.slice(0, 12)}`)
    unlinkIfThere(link)
  }
  throw new Error(`the name '${name}' is in use`)
}

function isThere(root: string, id: string): boolean {
  return existsSync(containerDir(root, id)) || existsSync(runningMark(root, id))
}

function linkedId(root: string, name: string): string | undefined {
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name)) return undefined
  try {
    return readlinkSync(join(root, 'names', name))
  } catch {
    return undefined // ignoring: no such name
  }
}

/**
 * Written aside, then renamed: never half a file under its own name. Several processes may find the
 * same container lost and write its end at once, each aside of its own.
 */
function asideOf(root: string, { id }: Container): string {
  return join(root, 'tmp', `${ownPrefix()}${id}`)
}

function textOf(container: Container): string {
  return `${JSON.stringify(container, null, 2)}\n`
}

function stateFile(root: string, id: string): string {
  return join(containerDir(root, id), 'state.json')
}

function roomFile(root: string, id: string): string {
  return join(containerDir(root, id), '.room')
}

function runningMark(root: string, id: string): string {
  return join(root, 'running', id)
}

function list(dir: string): string[] {
  try {
    return readdirSync(dir)
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

/**
 * A file that is missing, or was cut short by a crash before it was acknowledged, is no container.
 */
function read(file: string): Container | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Container
  } catch (error) {
    if (isMissing(error) || error instanceof SyntaxError) return undefined
    throw error
  }
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}

/** Of several processes that do this at once, one does it. */
function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}

function isMissing(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ENOENT' || code === 'ENOTDIR'
}
