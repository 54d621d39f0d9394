/** The list of what a container added, changed and deleted, the same as `docker diff` prints. */
import { closeSync, readdirSync } from 'node:fs'
import { fromBytes, toBytes } from '../bytes.ts'
import { inOpened } from '../opened.ts'
import { batches } from './batches.ts'
import { openDeep } from './below.ts'
import { isWhiteout, type Stack } from './stack.ts'
import { readUpper, type UpperEntry } from './upper.ts'
import { lstat, type UpperDirectory } from './walk.ts'

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
 *
 * The container may go on meanwhile: what vanishes before it is compared is left out.
 */
export async function diff(
  stack: Stack,
  onNames: (count: number) => void = () => {},
): Promise<Change[]> {
  const root: Node = { name: '', kind: undefined, names: [] }
  const directories = new Map<UpperDirectory, Node>()
  const hiding: [node: Node, entry: UpperEntry][] = []
  const program = batches([])
  let count = 0
  try {
    for await (const batch of readUpper(stack, program)) {
      for (const entry of batch.filter(({ isInit }) => !isInit)) {
        const node = add(directories.get(entry.parent) ?? root, entry.name, kindOf(entry))
        if (entry.stat.isDirectory()) directories.set(entry, node)
        if (entry.hides.length > 0) hiding.push([node, entry])
      }
      onNames((count += batch.length))
    }
  } finally {
    await program.end()
  }
  for (const [node, entry] of hiding) addHidden(node, entry)
  return [...changesIn(root)]
}

/** A name in the tree of changes. */
interface Node {
  name: string
  /** Undefined if there is a change only further down. */
  kind: Change['kind'] | undefined
  /** In the order of their bytes. */
  names: Node[]
}

function kindOf({ isWhiteout, lower, isTouched }: UpperEntry): Node['kind'] {
  return isWhiteout ? 'D' : !lower ? 'A' : isTouched ? 'C' : undefined
}

/** Add a name to a directory, which is changed if the name is new or gone. */
function add(directory: Node, name: string, kind: Node['kind']): Node {
  const node: Node = { name, kind, names: [] }
  directory.names.push(node)
  if (kind === 'A' || kind === 'D') directory.kind ??= 'C'
  return node
}

/**
 * An opaque directory has no whiteouts: what it hides and does not have was deleted. A file of the
 * container-init layer hides the image's file, so no container deleted that.
 */
function addHidden(node: Node, { hides, init }: UpperEntry): void {
  const present = new Set(node.names.map(({ name }) => name))
  for (const name of mergedNames(hides)) {
    const initStat = init && lstat(`${init.path}/${name}`)
    const isInitFile = initStat !== undefined && !initStat.isDirectory()
    if (!present.has(name) && !isInitFile) add(node, name, 'D')
  }
  const bytes = new Map(node.names.map((each) => [each, toBytes(each.name)]))
  const of = (each: Node) => bytes.get(each) ?? Buffer.of()
  node.names.sort((a, b) => Buffer.compare(of(a), of(b)))
}

/** The names seen when `directories` are merged, topmost first; a whiteout hides a name. */
function mergedNames(directories: string[]): string[] {
  const seen = new Map<string, boolean>()
  for (const dir of directories) {
    const fd = openDeep(dir)
    for (const bytes of readdirSync(`/proc/self/fd/${fd}`, 'buffer')) {
      const name = fromBytes(bytes)
      const stat = seen.has(name) ? undefined : lstat(inOpened(fd, name))
      if (stat) seen.set(name, !isWhiteout(stat))
    }
    closeSync(fd)
  }
  return [...seen].flatMap(([name, isSeen]) => (isSeen ? [name] : []))
}

/** Each directory before what is in it, without the root, and without recursion at any depth. */
function* changesIn(root: Node): Generator<Change> {
  const left = [{ node: root, path: '' }]
  for (let next = left.pop(); next; next = left.pop()) {
    const { node, path } = next
    if (node.kind && node !== root) yield { kind: node.kind, path }
    for (const each of node.names.toReversed())
      left.push({ node: each, path: `${path}/${each.name}` })
  }
}
