/** Create a container: reserve its name, make its directory, and lay out what it needs. */
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { rowsFor, type Runtime, type Setting } from '../chapter.ts'
import { shortId, type Container, type ContainerOptions, type PlanOptions } from '../options.ts'
import { identify, type ProcessId } from '../process.ts'
import { inWords } from '../staging.ts'
import { randomName } from './names.ts'
import { discard } from './remove.ts'
import { containerDir, linkedId, makePlaces, reserveState, runningMark } from './state.ts'
import { saveKept, saveRunning, unlinkIfThere } from './state.ts'

export interface CreateOptions extends ContainerOptions {
  /** The number of the chapter whose list it gets. */
  chapter: number
  /** Unpacked layers of its image, topmost first; see `Setting`. */
  layers?: () => Promise<string[]>
}

/** A container that is laid out. This process is its monitor: a crash from here on ends it. */
export interface Created {
  setting: Setting
  options: PlanOptions
}

/** 64 hexadecimal digits, 244 of their bits random (random(4)); the first 12 digits are shown. */
export function newId(): string {
  return randomDigits() + randomDigits()
}

function randomDigits(): string {
  return readFileSync('/proc/sys/kernel/random/uuid', 'latin1').replace(/[-\s]/g, '')
}

/**
 * Create a container, in an order that leaves a crash at any point to `tidy`: first its mark, then
 * its name and directory, then what the chapters lay out in it. Throws when the name is taken or
 * the disk is full, with nothing left of it.
 */
export async function create(runtime: Runtime, options: CreateOptions): Promise<Created> {
  const { root } = runtime
  const { layers = async () => [], chapter, ...asked } = options
  const id = newId()
  const container: Container = {
    ...asked,
    version: 2,
    id,
    name: options.name ?? randomName(id),
    hostname: options.hostname ?? shortId(id),
    rm: options.rm ?? false,
    chapter,
    created: new Date().toISOString(),
    status: 'created',
    monitor: self(),
  }
  const setting: Setting = { container, root, dir: containerDir(root, id), layers }
  try {
    makePlaces(root)
    saveRunning(root, container)
    reserveName(root, container)
    // A set-user-id file that a container makes must not be in reach of the host's users
    // (CVE-2021-41091).
    mkdirSync(setting.dir, { mode: 0o700 })
    if (!container.rm) reserveState(root, container)
    return { setting, options: await prepared(runtime, setting) }
  } catch (error) {
    await discard(runtime, container)
    throw inWords(error, root)
  }
}

/**
 * Keep a container that is not started now: from here on no process waits for it, and `reopen` may
 * be called by another one.
 */
export function keep({ setting: { root, container } }: Created): void {
  saveKept(root, container)
}

/** Take a container that is kept, created or ended, to start it (again). */
export async function reopen(runtime: Runtime, kept: Container): Promise<Created> {
  const { root } = runtime
  if (kept.status === 'running') throw new Error(`container '${kept.name}' is running`)
  const { exitCode: _, signal: __, finished: ___, init: ____, ...rest } = kept
  const container: Container = { ...rest, status: 'created', monitor: self() }
  saveRunning(root, container)
  const dir = containerDir(root, container.id)
  reserveState(root, container)
  const setting: Setting = { container, root, dir, layers: async () => [] }
  return { setting, options: await prepared(runtime, setting) }
}

/**
 * Ask the chapters, in order, for what the plan of a container is made of. What they add to its
 * state, such as the groups that it will have, is on record before any of it is made: `tidy` knows
 * no more than that if this process is killed.
 */
async function prepared(runtime: Runtime, setting: Setting): Promise<PlanOptions> {
  const { argv, env, cwd, user, hostname } = setting.container
  const options = {
    argv,
    env,
    hostname,
    ...(cwd === undefined ? {} : { cwd }),
    ...(user ? { user } : {}),
  }
  for (const { prepare } of await rowsFor(runtime, setting.container.chapter))
    Object.assign(options, await prepare?.(setting))
  saveRunning(setting.root, setting.container)
  return options as PlanOptions
}

/** The identity of this process. */
function self(): ProcessId {
  const monitor = identify(process.pid)
  if (!monitor) throw new Error('cannot read /proc: is it mounted?')
  return monitor
}

/** The name's link is its reservation: one call makes it, so it cannot be there half. */
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
      throw new Error(`the name '${name}' is in use by container ${shortId(owner)}`)
    unlinkIfThere(link)
  }
  throw new Error(`the name '${name}' is in use`)
}

function isThere(root: string, id: string): boolean {
  return existsSync(containerDir(root, id)) || existsSync(runningMark(root, id))
}
