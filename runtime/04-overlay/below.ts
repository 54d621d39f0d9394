/** What lies below the names of an upper directory: in the image's layers, which do not change. */
import { closeSync } from 'node:fs'
import { fromBytes } from '../bytes.ts'
import { inOpened, openDirectory } from '../opened.ts'
import { stepOf, type Step } from '../step.ts'
import type { Batches } from './batches.ts'
import { fsPath, isWhiteout, type Stack } from './stack.ts'
import { lstat, type FileFacts, type UpperDirectory, type UpperName } from './walk.ts'

const step = stepOf(4)

/** Fill in `layers` of a batch: each directory of the layers is opened once for all names in it. */
export function lookUp({ lowers }: Stack, batch: UpperName[]): void {
  const groups = new Map<UpperDirectory, UpperName[]>()
  for (const name of batch) {
    const names = groups.get(name.parent)
    if (names) names.push(name)
    else groups.set(name.parent, [name])
  }
  // A directory is in the group of its parent, which comes before its own.
  for (const [parent, names] of groups) lookUpIn(lowers, parent, new Set(names))
}

function lookUpIn(lowers: string[], parent: UpperDirectory, sought: Set<UpperName>): void {
  for (const { layer, stat: above } of parent.layers) {
    if (!above.isDirectory() || sought.size === 0) continue
    const fd = openDeep(`${lowers[layer]}/${parent.path || '.'}`)
    for (const found of sought) {
      const stat = lstat(inOpened(fd, found.name))
      if (!stat) continue
      const { layers } = found
      // Directories are merged; a file is seen only if no layer above has the name.
      if (stat.isDirectory() || (layers.length === 0 && !isWhiteout(stat)))
        layers.push({ path: `${lowers[layer]}/${found.path}`, stat, xattrs: [], layer })
      // A file or a whiteout ends the search: it hides what lies further down.
      if (!stat.isDirectory()) sought.delete(found)
    }
    closeSync(fd)
  }
}

/**
 * Fill in `xattrs` of a batch, and of the directories below that its names are compared with. Node
 * has no call for that, so the native program makes it.
 */
export async function listXattrs(program: Batches, batch: UpperName[]): Promise<void> {
  const plan: Step[] = []
  const asked = new Map<number, FileFacts>()
  const list = (path: string, facts: FileFacts) => {
    asked.set(plan.length, facts)
    plan.push(step(['llistxattr', path], 'overlayfs marks directories with attributes', 'ENOENT'))
  }
  const enter = entering(plan)
  for (const each of batch) {
    enter(each)
    list(each.name, each)
  }
  for (const { stat, layers, init } of batch) {
    if (!stat.isDirectory()) continue
    for (const facts of [...(layers.length > 1 ? layers : []), ...(init ? [init] : [])]) {
      const [last = '', ...above] = pathPieces(facts.path).reverse()
      plan.push(...above.reverse().map((piece) => step(['chdir', piece], pathTooLong)))
      list(last, facts)
    }
  }
  for (const { index, answer } of await program.make(plan))
    asked.get(index)?.xattrs.push(...fromBytes(answer).split('\0').slice(0, -1).sort())
}

const pathTooLong = 'no call takes a path longer than PATH_MAX'

/**
 * Gives a function that adds to `plan` the step into the directory of a name, if the plan is not in
 * there yet; further steps name files in it. The native program enters it by our descriptor of it:
 * no path leads there, so nothing that the container moves leads it astray.
 */
export function entering(plan: Step[]): (name: UpperName) => void {
  let entered: UpperName['directory'] | undefined
  return ({ directory }) => {
    if (directory === entered) return
    entered = directory
    const why = 'a directory that is open here stays the same one, whatever becomes of its name'
    plan.push(step(['chdir', `/proc/${process.pid}/fd/${directory.fd}`], why))
  }
}

/** Open a directory of the image by a path of any length. The caller closes the descriptor. */
export function openDeep(path: string): number {
  const [first = '', ...rest] = pathPieces(path)
  let fd = openDirectory(fsPath(first))
  for (const piece of rest) {
    const above = fd
    fd = openDirectory(inOpened(above, piece))
    closeSync(above)
  }
  return fd
}

/** `path` cut into paths that are short enough for a call: each goes on from the one before. */
function pathPieces(path: string): string[] {
  const pieces: string[] = []
  for (let rest = path; rest !== ''; ) {
    const end = rest.length > shortEnough ? rest.lastIndexOf('/', shortEnough) : rest.length
    pieces.push(rest.slice(0, end))
    rest = rest.slice(end + 1)
  }
  return pieces
}

/** Characters of a path, of at most three bytes each, that fit into PATH_MAX beside a prefix. */
const shortEnough = 1300
