/** Tests. Commands to be killed in, and what must be true after one that said it was done. */
import { findNamed } from '../../runtime/05-commit/store/entry-names.ts'
import { readIndex, resolve } from '../../runtime/05-commit/store/store.ts'
import { findContainer } from '../../runtime/container/find.ts'
import { commit, rm, rmi, run } from '../power/operations.ts'
import type { Random } from '../power/random.ts'
import type { Deed } from './deed.ts'
import { living } from './living.ts'
import { networkDeeds } from './networks.ts'
import { volumeDeeds } from './volumes.ts'

/**
 * Make what the deed needs, under names with `n` in them, and give it. No name is the beginning of
 * an id, as `c4` may be: whoever removes it would remove another container.
 */
type Maker = (root: string, n: number) => Deed | Promise<Deed>

/** One of all, by chance. */
export function someDeed(random: Random): { name: string; make: Maker } {
  const name = random.pick(Object.keys(makers))
  return { name, make: makers[name] as Maker }
}

const makers: Record<string, Maker> = {
  ...living,
  ...volumeDeeds,
  ...networkDeeds,
  'run --rm': () => ({ commands: [['run', '--rm', 'busybox', 'true']], code: 0 }),
  'run --memory': () => ({
    commands: [['run', '--rm', '--memory', '32m', 'busybox', 'true']],
    code: 0,
  }),
  'run': (_, n) => ran(n, ['sh', '-c', 'echo 1 > /file; exit 3'], 3),
  'run without end': (_, n) => ran(n, ['sleep', '1000'], 137),
  'run nothing': (_, n) => ({
    commands: [['run', '--name', `box${n}`, 'busybox', '/nothing']],
    code: 127,
  }),
  'run of a layer that is not unpacked yet': async (root, n) => {
    await commit(root, 'source', `image:${n}`)
    const commands = [['run', '--rm', `image:${n}`, 'cat', '/data']]
    return { commands, code: 0, clear: () => rmi(root, `image:${n}`) }
  },
  'rm': async (root, n) => {
    const script = 'mkdir -p /a/b/c; echo > /a/d'
    await run(root, { container: `box${n}`, image: 'busybox', script })
    const broken = () => (hasContainer(root, `box${n}`) ? [`box${n} is still there`] : [])
    return { commands: [['rm', `box${n}`]], code: 0, broken, clear: () => removed(root, `box${n}`) }
  },
  'commit': (root, n) => committed(root, [`image:${n}`], 'source'),
  'commit of a running container': (root, n) => committed(root, [`image:${n}`], 'bystander'),
  'two commits at once': (root, n) => committed(root, [`image:${n}`, `other:${n}`], 'source'),
  'commit over another image': async (root, n) => {
    await commit(root, 'source', `image:${n}`)
    return committed(root, [`image:${n}`], 'bystander')
  },
  'rmi': async (root, n) => {
    await commit(root, 'source', `image:${n}`)
    const broken = () => (hasImage(root, `image:${n}`) ? [`image:${n} is still there`] : [])
    const clear = () => withoutImage(root, `image:${n}`)
    return { commands: [['rmi', `image:${n}`]], code: 0, broken, clear }
  },
  'diff': () => ({ commands: [['diff', 'source']], code: 0 }),
  'diff of a running container': () => ({ commands: [['diff', 'bystander']], code: 0 }),
  'logs': () => ({ commands: [['logs', '-n', '1', 'bystander']], code: 0 }),
  'events': () => ({ commands: [['events', '--until', '0s']], code: 0 }),
  'cp out of one that runs': () => ({ commands: [['cp', 'bystander:/bin', '-']], code: 0 }),
  'cp out of one that ended': () => ({ commands: [['cp', 'source:/bin', '-']], code: 0 }),
  'top': () => ({ commands: [['top', 'bystander']], code: 0 }),
  'images': () => ({ commands: [['images']], code: 0 }),
  'ps': () => ({ commands: [['ps', '-a']], code: 0 }),
}

function ran(n: number, command: string[], code: number): Deed {
  const broken = (root: string) => {
    const { exitCode } = findContainer(root, `box${n}`)
    return exitCode === code ? [] : [`box${n} ended with ${code}, and ${exitCode} is on record`]
  }
  const commands = [['run', '--name', `box${n}`, 'busybox', ...command]]
  return { commands, code, broken, clear: (root) => removed(root, `box${n}`) }
}

function committed(root: string, names: string[], source: string): Deed {
  const broken = () =>
    names.filter((name) => !hasImage(root, name)).map((name) => `${name} is not there`)
  const clear = async () => {
    for (const name of names) await withoutImage(root, name)
  }
  return { commands: names.map((name) => ['commit', source, name]), code: 0, broken, clear }
}

function hasImage(root: string, name: string): boolean {
  return findNamed(readIndex(root), name) !== undefined && resolve(root, name).layers.length > 0
}

async function withoutImage(root: string, name: string): Promise<void> {
  if (hasImage(root, name)) await rmi(root, name)
}

function hasContainer(root: string, name: string): boolean {
  try {
    return findContainer(root, name).name === name
  } catch {
    return false // ignoring: the error says that there is none
  }
}

async function removed(root: string, name: string): Promise<void> {
  if (hasContainer(root, name)) await rm(root, name)
}
