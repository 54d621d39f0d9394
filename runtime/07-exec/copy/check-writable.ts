/** Whether files can be put where a copy is to go: there, or nowhere in the container. */
import { readFileSync } from 'node:fs'
import { parseMountinfo, type Mount } from '../../mountinfo.ts'
import type { Container } from '../../options.ts'
import { rootFd } from '../inside-root.ts'
import { foundFd, type HeldRoot } from './held-root.ts'

/** Throws if the directory that was found at `path` is on a mount, or in a root, to read only. */
export function checkWritable(held: HeldRoot, { name, readOnly }: Container, path: string): void {
  const mount = mountFound(held)
  if (!mount && readOnly === true)
    throw new Error(`the root of container '${name}' is read-only`)
  const words = mount ? `${mount.options},${mount.superOptions}`.split(',') : []
  if (words.includes('ro')) throw new Error(`${path} in '${name}' is mounted read-only`)
}

/** The mount in the root that the directory is on; undefined if it is on the root's own. */
function mountFound({ program: { pid } }: HeldRoot): Mount | undefined {
  const read = (file: string) => readFileSync(`/proc/${pid}/${file}`, 'utf8')
  const idOf = (fd: number) => /^mnt_id:\s*(\d+)$/m.exec(read(`fdinfo/${fd}`))?.[1]
  const id = idOf(foundFd)
  if (id === idOf(rootFd)) return undefined
  return parseMountinfo(read('mountinfo')).find((mount) => mount.id === id)
}
