/** Containers on disk: the state of each, written so that a crash at any point can be mended. */
import { mkdirSync, readFileSync, readlinkSync, renameSync } from 'node:fs'
import { unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ownPrefix, putInPlace, writeDurably } from '../durable.ts'
import { isMissing, renameIfThere, unlessMissing } from '../files.ts'
import type { Container } from '../options.ts'

/** A container's own directory: write layer, container-init layer, state. */
export function containerDir(root: string, id: string): string {
  return join(root, 'containers', id)
}

/** The directories of a data root that containers use. The marks hold secrets of `-e`. */
export function makePlaces(root: string): void {
  mkdirSync(join(root, 'running'), { recursive: true, mode: 0o700 })
  for (const name of ['containers', 'names', 'tmp'])
    mkdirSync(join(root, name), { recursive: true, mode: 0o711 })
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

/** The state of a container that has a mark. */
export function markedState(root: string, id: string): Container | undefined {
  return readState(runningMark(root, id))
}

/** The state of a container that has ended, or was created and not started. */
export function keptState(root: string, id: string): Container | undefined {
  return readState(stateFile(root, id))
}

/** The id that a name is reserved for. */
export function linkedId(root: string, name: string): string | undefined {
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name)) return undefined
  try {
    return readlinkSync(join(root, 'names', name))
  } catch {
    return undefined // ignoring: there is no such name
  }
}

/**
 * Read a state file. A file that is missing, or was cut short by a crash, is no container. Throws
 * for one that a newer Stepbox wrote.
 */
function readState(file: string): Container | undefined {
  let state: unknown
  try {
    state = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    if (isMissing(error) || error instanceof SyntaxError) return undefined
    throw error
  }
  return typeof state === 'object' && state !== null ? current(state, file) : undefined
}

/** Version 1 called the arguments `command` and had no environment: that cannot start again. */
function current(state: { version?: unknown }, file: string): Container {
  if (state.version === 2) return state as Container
  if (state.version !== 1) throw new StateVersionError(file, state.version)
  const { command, ...rest } = state as unknown as Omit<Container, 'argv'> & { command: string[] }
  return { ...rest, version: 2, argv: command, env: [] }
}

/** The state of a container that this program is too old to read. */
export class StateVersionError extends Error {
  constructor(file: string, version: unknown) {
    super(
      `${file}: state version ${String(version)}, this program reads 1 and 2\n` +
        '  a newer Stepbox made this container: use that one, or another --root',
    )
  }
}

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
  return join(root, 'running', id)
}

export function unlinkIfThere(path: string): void {
  unlessMissing(() => unlinkSync(path))
}
