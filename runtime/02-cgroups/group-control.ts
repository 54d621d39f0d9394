/** A group from outside: list its processes; stop, continue and kill them; remove it. */
import {
  closeSync,
  constants,
  existsSync,
  openSync,
  readFileSync,
  rmdirSync,
  statSync,
  writeSync,
} from 'node:fs'
import { basename } from 'node:path'
import { groupsBelow, isGone } from './group-tree.ts'
import { isOwnGroup } from './own-group.ts'

/*
 * Every function takes the directories of one group, one in each tree, and is harmless when the
 * group is gone. The directories come from a file on disk: see own-group.ts.
 */

/** Ids of the group's processes, as this process sees them, those in groups below included. */
export function processesIn(dirs: string[]): number[] {
  return [...new Set(idsIn(dirs))]
}

/**
 * Stop every process of the group where it is, and resolve when all have stopped. Rejects, with the
 * group going on as before, if one does not stop: it waits in the kernel, as for a slow disk.
 */
export async function freeze(dirs: string[]): Promise<void> {
  const brake = brakeOf(dirs)
  if (!brake && dirs.some((dir) => existsSync(dir)))
    throw new Error(`cannot stop ${nameOf(dirs)}: none of its trees has a freezer`)
  if (!brake || (await stop(brake, 5000))) return
  put(brake.file, brake.go)
  throw new Error(`cannot stop ${nameOf(dirs)}: one of its processes waits in the kernel`)
}

/** Let the processes of a frozen group go on. */
export function thaw(dirs: string[]): void {
  const brake = brakeOf(dirs)
  if (brake) put(brake.file, brake.go)
}

/** Whether the group was told to stop. */
export function isFrozen(dirs: string[]): boolean {
  const brake = brakeOf(dirs)
  return brake !== undefined && text(brake.file).trim() !== brake.go
}

/**
 * Kill every process of the group, also those that are just being forked. Version 2 has
 * `cgroup.kill` (Linux 5.14). In version 1 the group is frozen, so that it cannot fork; the signals
 * take effect when it is thawed.
 */
export async function killAll(dirs: string[]): Promise<void> {
  nameOf(dirs)
  const killer = dirs.map((dir) => `${dir}/cgroup.kill`).find((file) => existsSync(file))
  if (killer) return put(killer, '1')
  const brake = brakeOf(dirs)
  for (let attempt = 0; attempt < 20 && !isEmpty(dirs); attempt++) {
    if (brake) await stop(brake, 500)
    for (const id of processesIn(dirs)) kill(id)
    if (brake) put(brake.file, brake.go)
    if (attempt > 0) thawBelow(dirs)
    await waitUntil(() => isEmpty(dirs), 100)
  }
}

/** A container may freeze groups inside its own: a signal takes effect when they are thawed. */
function thawBelow(dirs: string[]): void {
  for (const dir of dirs.filter((each) => existsSync(`${each}/freezer.state`)))
    for (const path of groupsBelow(dir)) put(Buffer.concat([path, frozenState]), 'THAWED')
}

const frozenState = Buffer.from('/freezer.state')

/** Remove the group and the groups below it. Rejects if its processes do not end in that time. */
export async function removeGroup(dirs: string[], milliseconds = 5000): Promise<void> {
  nameOf(dirs)
  for (const dir of dirs)
    if (!(await waitUntil(() => remove(dir), milliseconds)))
      throw new Error(`cannot remove ${dir}; still in it: ${processesIn([dir]).join(', ')}`)
}

/** The group's name. Throws unless it is a group of Stepbox: others are not killed and removed. */
function nameOf(dirs: string[]): string {
  const foreign = dirs.find((dir) => !isOwnGroup(dir))
  if (foreign !== undefined) throw new Error(`not a group of Stepbox: ${foreign}`)
  return basename(dirs[0] ?? '')
}

/** How to stop a group: a file, what to write into it, and how to see that all have stopped. */
interface Brake {
  file: string
  halt: string
  go: string
  hasStopped: () => boolean
}

function brakeOf(dirs: string[]): Brake | undefined {
  for (const dir of dirs.filter((each) => isOwnGroup(each))) {
    const v2 = { file: `${dir}/cgroup.freeze`, halt: '1', go: '0' }
    const events = `${dir}/cgroup.events`
    if (existsSync(v2.file)) return { ...v2, hasStopped: () => /^frozen 1$/m.test(text(events)) }
    const v1 = { file: `${dir}/freezer.state`, halt: 'FROZEN', go: 'THAWED' }
    if (existsSync(v1.file)) return { ...v1, hasStopped: () => text(v1.file) === 'FROZEN\n' }
  }
  return undefined
}

function stop({ file, halt, hasStopped }: Brake, milliseconds: number): Promise<boolean> {
  put(file, halt)
  return waitUntil(() => hasStopped() || !existsSync(file), milliseconds)
}

/** False if processes are in the group or in one below it, or have not quite ended. */
async function remove(dir: string): Promise<boolean> {
  if (removeOne(dir)) return true
  if (!hasGroups(dir)) return false
  const rest = breaks()
  for (const path of groupsBelow(dir)) {
    if (!removeOne(path)) return false
    await rest()
  }
  return removeOne(dir)
}

/** False on EBUSY: there are processes or groups inside. */
function removeOne(path: string | Buffer): boolean {
  try {
    rmdirSync(path)
    return true
  } catch (error) {
    if (isGone(error)) return true
    if (error instanceof Error && 'code' in error && error.code === 'EBUSY') return false
    throw error
  }
}

/** Without groups inside, the directory has two links: its name and its `.`. */
function hasGroups(dir: string): boolean {
  return (statSync(dir, { throwIfNoEntry: false })?.nlink ?? 0) > 2
}

/** Stops at the first process found. */
function isEmpty(dirs: string[]): boolean {
  for (const _ of idsIn(dirs)) return false
  return true
}

function* idsIn(dirs: string[]): Generator<number> {
  for (const dir of dirs) {
    yield* procs(`${dir}/cgroup.procs`)
    if (!hasGroups(dir)) continue
    for (const path of groupsBelow(dir)) yield* procs(Buffer.concat([path, inEach]))
  }
}

const inEach = Buffer.from('/cgroup.procs')

/** The kernel lists processes outside this pid namespace as 0; they cannot be signalled. */
function procs(path: string | Buffer): number[] {
  const ids = text(path).split('\n').map(Number)
  return ids.filter((id) => id > 0)
}

function text(path: string | Buffer): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // ignoring: the group is gone
  }
}

function put(path: string | Buffer, value: string): void {
  let fd: number | undefined
  try {
    fd = openSync(path, constants.O_WRONLY)
    writeSync(fd, value)
  } catch (error) {
    if (!isGone(error)) throw error // ignoring: the group is gone
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

function kill(id: number): void {
  try {
    process.kill(id, 'SIGKILL')
  } catch {
    // ignoring: it has ended
  }
}

/**
 * A group is usually empty, or within 5 ms of being killed. The first checks follow each other
 * without a timer; then a millisecond passes between two, so as not to take the processor from the
 * processes that are still ending.
 */
const checksWithoutTimer = 4

/**
 * Check a condition until it is true, and let the event loop go on in between. The first check is
 * made at once. False if the time has passed.
 */
async function waitUntil(
  isDone: () => boolean | Promise<boolean>,
  milliseconds: number,
): Promise<boolean> {
  let end: number | undefined // `performance` is a module, which few need
  for (let checks = 1; !(await isDone()); checks++) {
    end ??= performance.now() + milliseconds
    if (performance.now() > end) return false
    await new Promise<void>((resolve) => {
      if (checks <= checksWithoutTimer) setImmediate(resolve)
      else setTimeout(resolve, 1)
    })
  }
  return true
}

const sliceMs = 10

/** For a loop that may be long and awaits this in each round: lets the event loop go on. */
function breaks(): () => Promise<void> {
  let start = performance.now()
  return async () => {
    if (performance.now() - start < sliceMs) return
    await new Promise<void>((resolve) => setImmediate(resolve))
    start = performance.now()
  }
}
