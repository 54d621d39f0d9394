/**
 * Files that `solve` and `reset` replace are saved first: `.stepbox/saved/0001/…` has them as
 * they were. `undo` brings the last back; what they replace then is in `.stepbox/undone/`. Each
 * step is a rename: after kill -9, the same command goes on.
 */
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { namesIn } from '../files.ts'
import type { Answers } from './bundle.ts'
import { putFile } from './state.ts'
import type { Workspace } from './workspace.ts'

type Place = Pick<Workspace, 'dir'>

/** Save the files that `answers` replaces, then replace them. Gives the paths that changed. */
export function replaceAnswers({ dir }: Place, answers: Answers): string[] {
  const changed = Object.keys(answers).filter((path) => textAt(dir, path) !== answers[path])
  if (changed.length === 0) return []
  keepFiles(dir, 'saved', changed)
  for (const path of changed) putText(dir, path, answers[path] ?? '')
  return changed
}

export interface Undone {
  paths: string[]
  /** Where the files are now that were there until now. */
  kept: string
}

/** Bring back what the last `solve` or `reset` replaced; undefined if nothing is left. */
export function undoLast({ dir }: Place): Undone | undefined {
  const last = numbersIn(join(dir, '.stepbox/saved')).at(-1)
  if (last === undefined) return undefined
  const saved = join(dir, '.stepbox/saved', last)
  const paths = readdirSync(saved, { recursive: true, encoding: 'utf8' }).filter((path) =>
    statSync(join(saved, path)).isFile(),
  )
  const kept = keepFiles(dir, 'undone', paths.filter((path) => existsSync(join(dir, path))))
  for (const path of paths) putText(dir, path, readFileSync(join(saved, path)))
  rmSync(saved, { recursive: true })
  return { paths, kept }
}

/** Copy files of the workspace to the next number. They are there as a whole, or not at all. */
function keepFiles(dir: string, where: 'saved' | 'undone', paths: string[]): string {
  const place = join(dir, '.stepbox', where)
  const { uid, gid } = statSync(dir)
  const isRoot = process.geteuid?.() === 0
  const make = (path: string) => {
    const first = mkdirSync(path, { recursive: true })
    if (first !== undefined && isRoot) chownSync(path, uid, gid)
  }
  make(place)
  const number = Number(numbersIn(place).at(-1) ?? 0) + 1
  const staged = join(place, `.${process.pid}.new`)
  rmSync(staged, { recursive: true, force: true })
  make(staged)
  for (const path of paths) {
    make(dirname(join(staged, path)))
    writeFileSync(join(staged, path), readFileSync(join(dir, path)), { flush: true })
    if (isRoot) chownSync(join(staged, path), uid, gid)
  }
  const name = String(number).padStart(4, '0')
  renameSync(staged, join(place, name))
  return join('.stepbox', where, name)
}

function numbersIn(place: string): string[] {
  return namesIn(place).filter((name) => /^\d+$/.test(name)).sort()
}

function textAt(dir: string, path: string): string | undefined {
  return existsSync(join(dir, path)) ? readFileSync(join(dir, path), 'utf8') : undefined
}

function putText(dir: string, path: string, content: string | Buffer): void {
  mkdirSync(dirname(join(dir, path)), { recursive: true })
  putFile(join(dir, path), content)
}
