/** Where a learner is: one readable file in the workspace, replaced as a whole. */
import { chownSync, closeSync, existsSync, fsyncSync, openSync, statSync } from 'node:fs'
import { renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { withLock } from '../05-commit/store/lock.ts'
import type { Finding } from '../chapter-lab.ts'
import { readRegular } from '../files.ts'
import { nativePath } from '../native.ts'
import type { Language } from '../sentence.ts'
import type { Status } from './judge.ts'

/** `.stepbox/lab.json`. Fields may be added; another version is refused. */
export interface LabState {
  stepbox: 'lab'
  version: 1
  /** The number of the chapter whose planner is written here. */
  chapter: number
  language: Language
  /** What became of each check, by its whole id: `03/old-root-gone`. */
  results: Record<string, Result>
  /** How many hints are open, by chapter and exercise: `03/planner`. */
  hints: Record<string, number>
}

export interface Result {
  status: Status
  /** When it was judged, in ISO 8601. */
  at: string
  /** The hash of the answers that were judged. */
  of: string
  finding?: Finding
  reason?: string
}

/** The file is damaged, or of another version of Stepbox. */
export class UnusableState extends Error {
  readonly path: string
  readonly version: unknown
  constructor(path: string, version?: unknown) {
    super(version === undefined ? `${path} is damaged` : `${path} has version ${version}, not 1`)
    this.path = path
    this.version = version
  }
}

function statePath(dir: string): string {
  return join(dir, '.stepbox/lab.json')
}

export function freshState(chapter: number, language: Language): LabState {
  return { stepbox: 'lab', version: 1, chapter, language, results: {}, hints: {} }
}

/** The state of the workspace `dir`; undefined if it is none. Throws UnusableState. */
export function readState(dir: string): LabState | undefined {
  const path = statePath(dir)
  const text = readRegular(path)
  if (text === undefined) return undefined
  const found = parsed(text)
  const isOurs = found?.stepbox === 'lab' && Number.isInteger(found.chapter)
  if (isOurs && found.version !== 1) throw new UnusableState(path, found.version)
  if (!isOurs || !isRecord(found.results) || !isRecord(found.hints)) throw new UnusableState(path)
  return found as LabState
}

/** Change the state: several commands may do so at once, and none undoes what another wrote. */
export async function changeState(dir: string, change: (state: LabState) => void): Promise<void> {
  const work = () => {
    const state = readState(dir)
    if (!state) throw new UnusableState(statePath(dir))
    change(state)
    writeState(dir, state)
  }
  // Without the native program there is no lock: two writers may then lose a result, no more.
  if (process.platform === 'linux' && existsSync(nativePath))
    await withLock(dirname(statePath(dir)), work)
  else work()
}

export function writeState(dir: string, state: LabState): void {
  putFile(statePath(dir), `${JSON.stringify(state, null, 2)}\n`)
}

let put = 0

/**
 * Replace a file of the workspace: after a kill or a power cut it is the old or the new one, whole.
 * With sudo, it belongs to the owner of its directory, who may be an ordinary user.
 */
export function putFile(path: string, content: string | Buffer): void {
  const staged = `${path}.${process.pid}-${++put}.new`
  writeFileSync(staged, content, { mode: 0o644, flush: true })
  const { uid, gid } = statSync(dirname(path))
  if (process.geteuid?.() === 0) chownSync(staged, uid, gid)
  renameSync(staged, path)
  const dir = openSync(dirname(path), 'r')
  fsyncSync(dir)
  closeSync(dir)
}

function parsed(text: string): Partial<Record<keyof LabState, unknown>> | undefined {
  try {
    return JSON.parse(text) as Partial<Record<keyof LabState, unknown>> | undefined
  } catch {
    return undefined // ignoring why: its reader says that it is damaged
  }
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}
