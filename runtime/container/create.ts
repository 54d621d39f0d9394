/** Create a container: reserve its name, make its directory, and lay out what it needs. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { rowsFor, type Runtime, type Setting } from '../chapter.ts'
import { shortId, type Container, type ContainerOptions } from '../options.ts'
import type { PlanOptions, ProcessId } from '../options.ts'
import { identifySelf, isAlive } from '../process.ts'
import { inWords } from '../staging.ts'
import { amendmentsIn } from './amendments.ts'
import { announce } from './announce.ts'
import { clearJournal } from './journal.ts'
import { checkName, randomName } from './names.ts'
import { undo } from './remove.ts'
import { free, idNamed, reserve, type Named } from './reservations.ts'
import { settleLost } from './settle.ts'
import { containerDir, makePlaces, markedState, reserveState, runningMark } from './state.ts'
import { saveKept, saveRunning } from './state.ts'
import { exclusively, tidy } from './tidy.ts'

export interface CreateOptions extends ContainerOptions {
  /** The number of the chapter whose list it gets. */
  chapter: number
  /** Unpacked layers of its image, topmost first; see `Setting`. */
  layers?: (warn: (text: string) => void) => Promise<string[]>
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
  const { root, warn } = runtime
  const { layers = async () => [], chapter, ...asked } = options
  if (asked.name !== undefined) checkName(asked.name)
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
  const dir = containerDir(root, id)
  const setting: Setting = { container, root, dir, layers: () => layers(warn), warn }
  try {
    makePlaces(root)
    saveRunning(root, container)
    await reserveName(runtime, container)
    // A set-user-id file that a container makes must not be in reach of the host's users
    // (CVE-2021-41091).
    mkdirSync(setting.dir, { mode: 0o700 })
    if (!container.rm) reserveState(root, container)
    const options = await prepared(runtime, setting)
    announce(runtime, container, { action: 'create' })
    return { setting, options }
  } catch (error) {
    await undo(runtime, container).catch(() => {}) // ignoring: why it was not created says more
    throw inWords(error, root)
  }
}

/**
 * Keep a container that is not started now: from here on no process waits for it, and `reopen` may
 * be called by another one.
 */
export function keep({ rows }: Runtime, { setting }: Created): void {
  for (const { kept } of rows) kept?.(setting)
  saveKept(setting.root, setting.container)
}

/**
 * Take a container that is kept, created or ended, to start it (again), with `changes`. The caller
 * is the only one who does so. If this throws, or this process is killed, the container is as it
 * was: its state is still there, and is of an earlier life than its mark.
 */
export async function reopen(
  runtime: Runtime,
  kept: Container,
  changes: Partial<Container> = {},
): Promise<Created> {
  const { root } = runtime
  const { exitCode: _, signal: __, finished: ___, init: ____, ...rest } = kept
  const { restarts: _____, unlogged: ______, started: _______, ...more } = rest
  const life = (kept.life ?? 0) + 1
  const container: Container = { ...more, ...changes, life, status: 'created', monitor: self() }
  const setting = settingOf(runtime, container)
  clearJournal(setting.dir)
  saveRunning(root, container)
  try {
    reserveState(root, container)
    return { setting, options: await prepared(runtime, setting) }
  } catch (error) {
    await settleLost(runtime, container).catch(() => {}) // ignoring: why it failed says more
    throw inWords(error, root)
  }
}

/** What the plan of a container is made of that runs, as it would be if it started now. */
export function planOptionsNow(runtime: Runtime, container: Container): Promise<PlanOptions> {
  return preparedBy(runtime, settingOf(runtime, { ...container }))
}

/** The setting of a container that is laid out. */
function settingOf({ root, warn }: Runtime, container: Container): Setting {
  return { container, root, dir: containerDir(root, container.id), layers: async () => [], warn }
}

/**
 * Ask the chapters, in order, for what the plan of a container is made of. What they add to its
 * state, such as the groups that it will have, is on record before any of it is made: `tidy` knows
 * no more than that if this process is killed.
 */
async function prepared(runtime: Runtime, setting: Setting): Promise<PlanOptions> {
  const options = await preparedBy(runtime, setting)
  saveRunning(setting.root, setting.container)
  return options
}

async function preparedBy(runtime: Runtime, setting: Setting): Promise<PlanOptions> {
  const { argv, env, cwd, hostname } = setting.container
  const options = { argv, env, hostname, ...(cwd === undefined ? {} : { cwd }) } as PlanOptions
  const rows = await rowsFor(runtime, setting.container.chapter)
  for (const { prepare } of rows) Object.assign(options, await prepare?.(setting))
  const { identity } = rows.findLast((row) => row.identity) ?? {}
  Object.assign(options, await identity?.(setting.container, options))
  return options
}

/** The identity of this process. */
function self(): ProcessId {
  const monitor = identifySelf()
  if (!monitor) throw new Error("/proc does not show this machine's processes: is it mounted?")
  return monitor
}

/** Throws if the name is another container's. One that a crash has left is cleared up first. */
export async function reserveName(runtime: Runtime, container: Named): Promise<void> {
  const { root } = runtime
  const { name } = container
  for (let tries = 0; tries < 3; tries++) {
    if (reserve(root, container)) return
    const id = idNamed(root, name)
    if (id === undefined) continue // it was freed a moment ago, or is no container's
    if (id === container.id) return
    if (isLost(root, id)) await tidy(runtime)
    await freeUnused(runtime, { id, name })
    if (idNamed(root, name) !== id) continue
    if (existsSync(containerDir(root, id)) || existsSync(runningMark(root, id)))
      throw new Error(`the name '${name}' is in use by container ${shortId(id)}`)
    free(root, { id, name })
  }
  throw new Error(`the name '${name}' is in use: ${join(root, 'names', name)}`)
}

/** Free a name that a container has no more, or never had, because a crash has left it. */
async function freeUnused(runtime: Runtime, { id, name }: Named): Promise<void> {
  const { root } = runtime
  const isUnused = () => amendmentsIn(containerDir(root, id)).spareName === name
  if (isUnused())
    await exclusively(runtime, id, async () => {
      if (isUnused()) free(root, { id, name })
    })
}

/** Whether a container has a mark, and the process that should wait for it is gone. */
function isLost(root: string, id: string): boolean {
  const state = markedState(root, id)
  return existsSync(runningMark(root, id)) && !(state && isAlive(state.monitor))
}
