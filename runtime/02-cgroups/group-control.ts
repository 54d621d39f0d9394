/** Chapter 2. A group from outside: who is in it; stop, continue and kill them, and remove it. */
import {
  closeSync,
  constants,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  writeSync,
} from 'node:fs'
import { basename } from 'node:path'

/*
 * Every function takes the directories of one group, one in each tree, and is harmless when the
 * group is gone. All block: what they wait for takes a moment, and nothing can go on before it.
 */

/** Ids of the group's processes, as this process sees them, those in groups below included. */
export function processesIn(dirs: string[]): number[] {
  const ids = dirs.flatMap((dir) => [dir, ...below(dir)]).flatMap(procs)
  return [...new Set(ids)]
}

/**
 * Stop every process of the group where it is, and return when all have stopped. Throws, with the
 * group going on as before, when one does not stop: it waits in the kernel, as for a slow disk.
 */
export function freeze(dirs: string[]): void {
  const brake = brakeOf(dirs)
  if (!brake && dirs.some((dir) => existsSync(dir)))
    throw new Error(`cannot stop ${nameOf(dirs)}: none of its trees has a freezer`)
  if (!brake || stop(brake, 5000)) return
  put(brake.file, brake.go)
  throw new Error(`cannot stop ${nameOf(dirs)}: one of its processes waits in the kernel`)
}

/** Let the processes of a frozen group go on. */
export function thaw(dirs: string[]): void {
  const brake = brakeOf(dirs)
  if (brake) put(brake.file, brake.go)
}

/**
 * Kill every process of the group, also those just being forked. Version 2 has a file for it (Linux
 * 5.14); in version 1 nobody can fork while frozen, and the signals arrive on thawing.
 */
export function killAll(dirs: string[]): void {
  nameOf(dirs)
  const killer = dirs.map((dir) => `${dir}/cgroup.kill`).find((file) => existsSync(file))
  if (killer) return put(killer, '1')
  const brake = brakeOf(dirs)
  for (let attempt = 0; attempt < 20 && processesIn(dirs).length > 0; attempt++) {
    if (brake) stop(brake, 500)
    for (const id of processesIn(dirs)) kill(id)
    if (brake) put(brake.file, brake.go)
    waitUntil(() => processesIn(dirs).length === 0, 100)
  }
}

/** Remove the group and the groups below it. Throws when its processes do not end in that time. */
export function removeGroup(dirs: string[], milliseconds = 5000): void {
  nameOf(dirs)
  for (const dir of dirs)
    if (!waitUntil(() => remove(dir), milliseconds))
      throw new Error(`cannot remove ${dir}; still in it: ${processesIn([dir]).join(', ')}`)
}

/**
 * The group's name. The directories come from a file on disk, and nothing but ours may be killed
 * and removed.
 */
function nameOf(dirs: string[]): string {
  const foreign = dirs.find((dir) => !/^stepbox-[A-Za-z0-9_.-]+$/.test(basename(dir)))
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
  for (const dir of dirs) {
    const v2 = { file: `${dir}/cgroup.freeze`, halt: '1', go: '0' }
    const events = `${dir}/cgroup.events`
    if (existsSync(v2.file)) return { ...v2, hasStopped: () => /^frozen 1$/m.test(text(events)) }
    const v1 = { file: `${dir}/freezer.state`, halt: 'FROZEN', go: 'THAWED' }
    if (existsSync(v1.file)) return { ...v1, hasStopped: () => text(v1.file) === 'FROZEN\n' }
  }
  return undefined
}

function stop({ file, halt, hasStopped }: Brake, milliseconds: number): boolean {
  put(file, halt)
  return waitUntil(() => hasStopped() || !existsSync(file), milliseconds)
}

function remove(dir: string): boolean {
  try {
    for (const child of children(dir)) remove(child)
    rmdirSync(dir)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EBUSY') return false // its last processes are still ending
    if (code === 'ENOENT') return true
    throw error
  }
}

function below(dir: string): string[] {
  return children(dir).flatMap((child) => [child, ...below(child)])
}

/** The groups directly in a group. Without any, a directory has two links: its name and its `.`. */
function children(dir: string): string[] {
  try {
    if (statSync(dir).nlink <= 2) return []
    const entries = readdirSync(dir, { withFileTypes: true })
    return entries.filter((each) => each.isDirectory()).map(({ name }) => `${dir}/${name}`)
  } catch {
    return [] // ignoring: the group is gone
  }
}

/** 0 stands for a process that this one cannot see; nobody could send it a signal. */
function procs(dir: string): number[] {
  const ids = text(`${dir}/cgroup.procs`).split('\n').map(Number)
  return ids.filter((id) => id > 0)
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // ignoring: the group is gone
  }
}

function put(path: string, value: string): void {
  let fd: number | undefined
  try {
    fd = openSync(path, constants.O_WRONLY)
    writeSync(fd, value)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'ENODEV') throw error // ignoring: the group is gone
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

function kill(id: number): void {
  try {
    process.kill(id, 'SIGKILL')
  } catch {
    // ignoring: it ended by itself meanwhile
  }
}

const cell = new Int32Array(new SharedArrayBuffer(4))

/** Look again every millisecond, for so long at most; false when it did not come true. */
function waitUntil(isDone: () => boolean, milliseconds: number): boolean {
  let end: number | undefined // `performance` is a module, which few need
  while (!isDone()) {
    end ??= performance.now() + milliseconds
    if (performance.now() > end) return false
    Atomics.wait(cell, 0, 0, 1)
  }
  return true
}
