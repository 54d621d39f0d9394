/** The list of what a container added, changed and deleted, the same as `docker diff` prints. */
import { lstatSync, readdirSync } from 'node:fs'
import { dirname } from 'node:path/posix'
import { fromBytes, toBytes } from '../bytes.ts'
import { fsPath, isWhiteout, type Stack } from './stack.ts'
import { readUpper } from './upper.ts'

export interface Change {
  kind: 'A' | 'C' | 'D'
  /** As the container sees it: `/etc/passwd` (bytes.ts). */
  path: string
}

/**
 * The changes of a write layer compared with the image, in tree order. By Docker's rules, a
 * directory counts as changed if its owner, mode or time differs, or if a name in it was added or
 * deleted. Writing to an existing file does not change the file's directory. `onNames` is called
 * with the number of names compared so far.
 */
export async function diff(
  stack: Stack,
  onNames: (count: number) => void = () => {},
): Promise<Change[]> {
  const kinds = new Map<string, Change['kind'] | undefined>()
  const hiding: [path: string, hides: string[]][] = []
  for await (const batch of readUpper(stack)) {
    for (const { path, lower, isWhiteout, isTouched, hides } of batch) {
      kinds.set(`/${path}`, isWhiteout ? 'D' : !lower ? 'A' : isTouched ? 'C' : undefined)
      if (hides.length > 0) hiding.push([path, hides])
    }
    onNames(kinds.size)
  }
  // An opaque directory has no whiteouts: what it hides and does not have was deleted.
  for (const [path, hides] of hiding) {
    for (const name of mergedNames(hides).map((each) => `${path}/${each}`))
      if (!kinds.has(`/${name}`) && !isInitFile(stack, name)) kinds.set(`/${name}`, 'D')
  }
  for (const [path, kind] of [...kinds]) {
    const parent = dirname(path)
    const leavesParent = kind === 'C' || kind === undefined || parent === '/'
    if (!leavesParent) kinds.set(parent, kinds.get(parent) ?? 'C')
  }
  const changes = [...kinds].flatMap(([path, kind]) => (kind ? [{ kind, path }] : []))
  // With NUL in place of `/`, byte order is tree order: `a/b` comes before `a-b`.
  const key = new Map(changes.map(({ path }) => [path, toBytes(path.replaceAll('/', '\0'))]))
  const none = Buffer.alloc(0)
  return changes.sort((a, b) => Buffer.compare(key.get(a.path) ?? none, key.get(b.path) ?? none))
}

/** The names seen when `directories` are merged, topmost first; a whiteout hides a name. */
function mergedNames(directories: string[]): string[] {
  const seen = new Map<string, boolean>()
  for (const dir of directories) {
    for (const bytes of readdirSync(fsPath(dir), 'buffer')) {
      const name = fromBytes(bytes)
      if (seen.has(name)) continue
      seen.set(name, !isWhiteout(lstatSync(fsPath(`${dir}/${name}`), { bigint: true })))
    }
  }
  return [...seen].flatMap(([name, isSeen]) => (isSeen ? [name] : []))
}

/** A file of the container-init layer hides the image's file, so no container deleted that. */
function isInitFile({ init }: Stack, path: string): boolean {
  const stat = init && lstatSync(fsPath(`${init}/${path}`), { throwIfNoEntry: false })
  return stat ? !stat.isDirectory() : false
}
