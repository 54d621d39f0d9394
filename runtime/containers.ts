/** Chapter 2. Containers on disk: what is known of each, by id and by name, whoever asks. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Stats } from './group-stats.ts'
import type { ProcessId } from './process.ts'

/**
 * `containers/<id>/state.json`. A directory without one was never acknowledged, and is removed.
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

/** The directories under a data root. `names/<name>` links to an id, `running/<id>` marks a live one. */
export function containerDir(root: string, id: string): string {
  return join(root, 'containers', id)
}

/** 64 hexadecimal digits; the first 12 are shown. */
export function newId(): string {
  const read = () => readFileSync('/proc/sys/kernel/random/uuid', 'latin1').replace(/[-\s]/g, '')
  return read() + read()
}

/**
 * Make the directory, reserve the name and mark the container as running, in an order that leaves a
 * crash at any point to `tidy`. Throws when the name is taken.
 */
export function createContainer(root: string, container: Container): string {
  for (const name of ['containers', 'names', 'running', 'tmp'])
    mkdirSync(join(root, name), { recursive: true, mode: 0o711 })
  reserveName(root, container)
  writeFileSync(runningMark(root, container.id), JSON.stringify(container))
  const dir = containerDir(root, container.id)
  mkdirSync(dir, { mode: 0o710 })
  return dir
}

/** Write the state atomically: a reader sees the old one or the new one. */
export function saveContainer(root: string, container: Container): void {
  const file = join(containerDir(root, container.id), 'state.json')
  writeFileSync(`${file}.new`, `${JSON.stringify(container, null, 2)}\n`)
  renameSync(`${file}.new`, file)
}

/** The container has ended and has been cleaned up after. */
export function markEnded(root: string, id: string): void {
  rmSync(runningMark(root, id), { force: true })
}

/** The states that were written when containers were started and have not been marked as ended. */
export function runningContainers(root: string): Container[] {
  return list(join(root, 'running')).flatMap((id) => read(runningMark(root, id)) ?? [])
}

/** Every acknowledged container, newest first. */
export function listContainers(root: string): Container[] {
  const found = list(join(root, 'containers')).flatMap(
    (id) => read(join(containerDir(root, id), 'state.json')) ?? [],
  )
  return found.sort((a, b) => (a.created < b.created ? 1 : -1))
}

/** By full name, full id, or a prefix of an id that only one container has. Throws otherwise. */
export function findContainer(root: string, nameOrId: string): Container {
  const byName = linkedId(root, nameOrId)
  const found = byName && read(join(containerDir(root, byName), 'state.json'))
  if (found) return found
  const isHex = /^[0-9a-f]{1,64}$/.test(nameOrId)
  const ids = isHex ? list(join(root, 'containers')).filter((id) => id.startsWith(nameOrId)) : []
  if (ids.length > 1)
    throw new Error(`'${nameOrId}' is the beginning of ${ids.length} container ids; give more of it`)
  const [id] = ids
  const state = id && read(join(containerDir(root, id), 'state.json'))
  if (state) return state
  const names = listContainers(root).map(({ name }) => name)
  const have = names.length ? `have: ${names.slice(0, 8).join(', ')}` : 'there are none'
  throw new Error(`no container named '${nameOrId}'; ${have}`)
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
  rmSync(trash, { recursive: true, force: true })
  return true
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

/** A file that is missing, or was cut short by a crash before it was acknowledged, is no container. */
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

function isMissing(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ENOENT' || code === 'ENOTDIR'
}
