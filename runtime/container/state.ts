/** Containers on disk: the state of each, written so that a crash at any point can be mended. */
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makePlace, openRoot } from '../data-root.ts'
import { ownPrefix, putInPlace, writeDurably } from '../durable.ts'
import { readRegular, renameIfThere, unlinkIfThere } from '../files.ts'
import type { Container } from '../options.ts'
import { amendmentsIn } from './amendments.ts'
import { journaled } from './journal.ts'
import { problemIn } from './sound.ts'

/** A container's own directory: write layer, container-init layer, state. */
export function containerDir(root: string, id: string): string {
  return join(root, 'containers', checked(id))
}

/** The directories of a data root that containers use. */
export function makePlaces(root: string): void {
  for (const place of ['containers', 'names', 'running', 'tmp'] as const) makePlace(root, place)
}

/** Whether this can be the id of a container: 64 hexadecimal digits, 32 in version 1. */
export function isId(text: string): boolean {
  return /^(?:[0-9a-f]{32}){1,2}$/.test(text)
}

/** No path is made of anything else. */
function checked(id: string): string {
  if (isId(id)) return id
  throw new Error(`'${id}' is not the id of a container`)
}

/**
 * What is known of a running container; a reader sees the old state or the new one. It is not
 * synced, as no container runs after a power cut.
 */
export function saveRunning(root: string, container: Container): void {
  const aside = asideOf(root, container)
  writeFileSync(aside, textOf(container), { mode: 0o600 })
  renameSync(aside, runningMark(root, container.id))
}

/**
 * Keep the state of a container that nothing waits for: it has ended, or was created and not
 * started. It is on the disk before the mark goes, which would otherwise be the only record.
 */
export function saveKept(root: string, container: Container): void {
  const aside = asideOf(root, container)
  unlinkIfThere(aside)
  renameIfThere(reservedFile(root, container.id), aside)
  writeDurably(aside, textOf(container))
  putInPlace(aside, stateFile(root, container.id))
  unmark(root, container.id)
}

/** Reserve blocks for the final state now: the container may have filled the disk by its end. */
export function reserveState(root: string, container: Container): void {
  const bytes = Buffer.byteLength(textOf(container)) + 4096
  writeFileSync(reservedFile(root, container.id), Buffer.alloc(bytes), { mode: 0o600 })
}

/** Remove the mark of a container: no process waits for it any more. */
export function unmark(root: string, id: string): void {
  unlinkIfThere(runningMark(root, id))
}

/** The state of a container that has a mark, with what its monitor has written since. */
export function markedState(root: string, id: string): Container | undefined {
  const container = readState(root, id, runningMark(root, id))
  if (!container) return undefined
  const dir = containerDir(root, id)
  return { ...container, ...journaled(container, dir), ...amendmentsIn(dir) }
}

/** The state of a container that has ended, or was created and not started. */
export function keptState(root: string, id: string): Container | undefined {
  const container = readState(root, id, stateFile(root, id))
  return container && { ...container, ...amendmentsIn(containerDir(root, id)) }
}

/**
 * Read a state file. A file that is missing, or was cut short by a crash, is no container. Throws
 * UnreadableState for one that a newer Stepbox wrote, and for what no Stepbox can have written.
 */
function readState(root: string, id: string, file: string): Container | undefined {
  openRoot(root)
  let state: unknown
  try {
    state = JSON.parse(readRegular(file) ?? 'null')
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw new UnreadableState(`cannot read ${file}: ${(error as Error).message}`, { cause: error })
  }
  if (typeof state !== 'object' || state === null) return undefined
  const container = current(state, file)
  const problem = problemIn(container, id)
  if (problem === undefined) return container
  throw new UnreadableState(`${file} is not the state of a container: ${problem}`)
}

/** Version 1 called the arguments `command` and had no environment: that cannot start again. */
function current(state: { version?: unknown }, file: string): Container {
  const { version } = state
  if (version === 2) return state as Container
  if (version !== 1)
    throw new UnreadableState(
      `${file}: state version ${String(version)}, this program reads 1 and 2\n` +
        '  a newer Stepbox made this container: use that one, or another --root',
    )
  const { command, ...rest } = state as unknown as Omit<Container, 'argv'> & { command: string[] }
  return { ...rest, version: 2, argv: command, env: [] }
}

/** The state of a container that this program cannot read, and leaves alone. */
export class UnreadableState extends Error {}

/**
 * Written aside, then renamed: a file under its own name is always whole. Several processes may
 * find the same container lost and write its end at once, each to a file named after itself.
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

function reservedFile(root: string, id: string): string {
  return join(containerDir(root, id), '.room')
}

/** The file that says that a process waits for container `id`. */
export function runningMark(root: string, id: string): string {
  return join(root, 'running', checked(id))
}
