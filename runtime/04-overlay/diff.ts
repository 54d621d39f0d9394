/** Chapter 4. What a container changed: added, changed, deleted, as `docker diff` tells it. */
import { lstatSync, readdirSync } from 'node:fs'
import { dirname } from 'node:path/posix'
import { fromBytes, toBytes } from '../bytes.ts'
import { exact, isWhiteout, readUpper, type Stack } from './upper.ts'

export interface Change {
  kind: 'A' | 'C' | 'D'
  /** As the container sees it: `/etc/passwd` (bytes.ts). */
  path: string
}

/**
 * The changes of a write layer against the image, in the order of a tree. A directory is changed
 * when its owner, mode or time is, or when a name in it was added or deleted; writing to a file
 * that is there does not change the directory it is in. All of this is as in Docker.
 */
export async function diff(stack: Stack): Promise<Change[]> {
  const kinds = new Map<string, Change['kind'] | undefined>()
  const hiding: [path: string, hides: string[]][] = []
  for await (const portion of readUpper(stack)) {
    for (const { path, lower, isWhiteout, isTouched, hides } of portion) {
      kinds.set(`/${path}`, isWhiteout ? 'D' : !lower ? 'A' : isTouched ? 'C' : undefined)
      if (hides.length > 0) hiding.push([path, hides])
    }
  }
  for (const [path, hides] of hiding) {
    for (const name of namesIn(hides).map((each) => `${path}/${each}`))
      if (!kinds.has(`/${name}`) && !isOfInit(stack, name)) kinds.set(`/${name}`, 'D')
  }
  for (const [path, kind] of [...kinds]) {
    const parent = dirname(path)
    const isListed = kind === 'C' || kind === undefined || parent === '/'
    if (!isListed) kinds.set(parent, kinds.get(parent) ?? 'C')
  }
  const changes = [...kinds].flatMap(([path, kind]) => (kind ? [{ kind, path }] : []))
  const key = new Map(changes.map(({ path }) => [path, toBytes(path.replaceAll('/', '\0'))]))
  const none = Buffer.alloc(0)
  return changes.sort((a, b) => Buffer.compare(key.get(a.path) ?? none, key.get(b.path) ?? none))
}

/** What is seen of directories that lie on each other, topmost first. */
function namesIn(directories: string[]): string[] {
  const seen = new Map<string, boolean>()
  for (const dir of directories) {
    for (const bytes of readdirSync(exact(dir), 'buffer')) {
      const name = fromBytes(bytes)
      if (seen.has(name)) continue
      seen.set(name, !isWhiteout(lstatSync(exact(`${dir}/${name}`), { bigint: true })))
    }
  }
  return [...seen].flatMap(([name, isSeen]) => (isSeen ? [name] : []))
}

/** A file of the container-init layer hides the image's, which was not there to be deleted. */
function isOfInit({ init }: Stack, path: string): boolean {
  const told = init && lstatSync(exact(`${init}/${path}`), { throwIfNoEntry: false })
  return told ? !told.isDirectory() : false
}
