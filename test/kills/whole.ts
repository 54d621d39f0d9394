/** Tests. After a kill and the next command: is anything left over, or anything lost? */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { verifyBlob } from '../../runtime/05-commit/store/blobs.ts'
import { imageAt, readIndex } from '../../runtime/05-commit/store/store.ts'
import { everyContainer } from '../../runtime/container/find.ts'
import { namesIn, tryRead } from '../../runtime/files.ts'
import type { Container } from '../../runtime/options.ts'
import { isAlive } from '../../runtime/process.ts'
import { leftOfNetworks } from '../network-left.ts'

export interface Wanted {
  /** A container that runs all the time. */
  bystander: Container
  /** The ids of containers that there were at any time. */
  ids: Set<string>
}

/** What is wrong on the host and in the data root, in words. */
export async function problemsIn(root: string, wanted: Wanted): Promise<string[]> {
  const { bystander } = wanted
  const problems = [...problemsOnHost(root, wanted), ...problemsOf(bystander)]
  const { containers, unreadable } = everyContainer(root)
  problems.push(...unreadable.map(({ message }) => message))
  const ended = containers.filter(({ id }) => id !== bystander.id)
  const isKept = ({ status }: Container) => status === 'created' // by the command create
  for (const { name, status, exitCode } of ended.filter((each) => !isKept(each)))
    if (status !== 'exited' || typeof exitCode !== 'number')
      problems.push(`container ${name} is '${status}', and its end is not on record`)
  const left = (dir: string, known: string[]) => {
    const unknown = namesIn(join(root, dir)).filter((name) => !known.includes(name))
    problems.push(...unknown.map((name) => `${dir}/${name} is left over`))
  }
  left('tmp', [])
  left('running', [bystander.id])
  left('containers', containers.map(({ id }) => id))
  // One that a container is being given, or was, is on record, and free for others.
  left('names', containers.flatMap(({ name, spareName = '' }) => [name, spareName]))
  problems.push(...(await leftOfNetworks(root, { ids: wanted.ids, running: [bystander.id] })))
  return [...problems, ...(await problemsOfImages(root))]
}

function problemsOnHost(root: string, { bystander, ids }: Wanted): string[] {
  const { groups = [] } = bystander
  const groupsLeft = groups
    .flatMap((dir) => readdirSync(dirname(dir)).map((name) => join(dirname(dir), name)))
    .filter((path) => !groups.includes(path))
    .filter((path) => ids.has(/stepbox-([0-9a-f]{64})$/.exec(path)?.[1] ?? ''))
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n')
  return [
    ...groupsLeft.map((dir) => `the group ${dir} is left over`),
    ...mounts.filter((line) => line.includes(root)).map((line) => `mounted: ${line}`),
  ]
}

function problemsOf({ init, monitor, groups = [] }: Container): string[] {
  const isFrozen = groups.some(
    (dir) =>
      tryRead(join(dir, 'cgroup.freeze')) === '1\n' ||
      !['THAWED\n', undefined].includes(tryRead(join(dir, 'freezer.state'))),
  )
  const isGone = !init || !isAlive(init) || !isAlive(monitor) || !groups.every(existsSync)
  return [
    ...(isFrozen ? ['a container that runs was left frozen'] : []),
    ...(isGone ? ['a container that had nothing to do with it is gone'] : []),
  ]
}

/** Every image that has a name is there with all its blobs. */
async function problemsOfImages(root: string): Promise<string[]> {
  const problems: string[] = []
  const index = readIndex(root)
  for (const entry of index.manifests)
    try {
      const { layers } = imageAt(root, entry, index)
      for (const layer of layers) await verifyBlob(root, layer)
    } catch (error) {
      problems.push((error as Error).message)
    }
  return problems
}
