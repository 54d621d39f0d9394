/**
 * Names, each reserved for one container: `names/<name>/<id>`. rename(2) puts a directory in the
 * place of none or of an empty one, and of no other, so one of several processes gets the name. A
 * name is freed by removing the file with the id in it, which no other container's directory has.
 */
import { mkdirSync, readdirSync, readlinkSync, renameSync, rmdirSync, rmSync } from 'node:fs'
import { unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makePlace } from '../data-root.ts'
import { ownPrefix } from '../durable.ts'
import { errnoIn, namesIn, unlinkIfThere } from '../files.ts'
import { isName } from './names.ts'
import { isId } from './state.ts'

/** A container, by what its name is reserved with. */
export interface Named {
  id: string
  name: string
}

/** Reserve a name for a container. False if something has it, which may be a container. */
export function reserve(root: string, { id, name }: Named): boolean {
  const aside = join(makePlace(root, 'tmp'), `${ownPrefix()}${id}.name`)
  mkdirSync(aside, { mode: 0o700 })
  writeFileSync(join(aside, id), '', { mode: 0o600 })
  try {
    renameSync(aside, join(makePlace(root, 'names'), name))
    return true
  } catch (error) {
    rmSync(aside, { recursive: true, force: true })
    if (['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(errnoIn(error) ?? '')) return false
    throw error
  }
}

/** Free a name, unless it is another container's by now. */
export function free(root: string, { id, name }: Named): void {
  if (!isName(name)) return
  const path = join(root, 'names', name)
  unlinkIfThere(join(path, id))
  try {
    if (oldLink(path) === id) unlinkSync(path)
    else rmdirSync(path)
  } catch (error) {
    const isTaken = ['ENOENT', 'ENOTEMPTY', 'EEXIST', 'ENOTDIR', 'EISDIR', 'EPERM']
    if (!isTaken.includes(errnoIn(error) ?? '')) throw error
  }
}

/** Free every name that a container has. */
export function freeAll(root: string, id: string): void {
  for (const name of namesIn(join(root, 'names')))
    if (idNamed(root, name) === id) free(root, { id, name })
}

/** The id of the container that has a name. */
export function idNamed(root: string, name: string): string | undefined {
  if (!isName(name)) return undefined
  const path = join(root, 'names', name)
  try {
    const [id = '', ...more] = readdirSync(path)
    return isId(id) && more.length === 0 ? id : undefined
  } catch {
    return oldLink(path) // ignoring: no directory, so at most a link
  }
}

/** The name that is reserved for container `id`; empty if there is none. */
export function reservedName(root: string, id: string): string {
  return namesIn(join(root, 'names')).find((name) => idNamed(root, name) === id) ?? ''
}

/** The id in a link, which earlier versions made in place of the directory. */
function oldLink(path: string): string | undefined {
  try {
    const id = readlinkSync(path)
    return isId(id) ? id : undefined
  } catch {
    return undefined // ignoring: there is no link
  }
}
