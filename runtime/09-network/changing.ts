/**
 * The containers that a command takes into a network, or out of one, at the moment. After a crash
 * nobody has to look at all containers for what is half done.
 *
 *     networks/.changing/<id>   empty
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makePlace } from '../data-root.ts'
import { namesIn, unlinkIfThere } from '../files.ts'
import { isId } from '../container/state.ts'

/** No network is called so. */
const name = '.changing'

/** Their ids. */
export function changingContainers(root: string): string[] {
  return namesIn(join(root, 'networks', name)).filter(isId)
}

export function beginChange(root: string, id: string): void {
  const dir = join(makePlace(root, 'networks'), name)
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  writeFileSync(join(dir, id), '')
}

export function endChange(root: string, id: string): void {
  unlinkIfThere(join(root, 'networks', name, id))
}
