/**
 * Any executable as something that can be judged: it is started with the words of `run`, on a
 * machine like that of a list. PROGRAMS.md is the contract. It has root's rights there, so the
 * caller sees to it that the machine is a virtual one, or that this was asked for.
 */
import { mkdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { groupDirs } from '../02-cgroups/cgroup.ts'
import { killAll, removeGroup } from '../02-cgroups/group-control.ts'
import { traitsOf, type Traits } from '../chapter.ts'
import { firstFd } from '../descriptors.ts'
import { launch, type Launch } from '../native.ts'
import { removeTree } from '../remove-tree.ts'
import { toolStep, type Step } from '../step.ts'
import type { Subject, Trial } from './bench.ts'
import { groupOfMachine, heard } from './carrier.ts'
import { copyImage } from './image.ts'
import { deviceTrees, ownDirectory, ownId } from './leftovers.ts'
import { imageCopy, labMachine, programPlace } from './machine.ts'
import { patience } from './patience.ts'
import type { Workshop } from './subject.ts'

/** The subject for the executable at `path`; the other files of its directory go with it. */
export function programSubject({ rows, root, layers }: Workshop, path: string): Subject {
  const { root: kind } = traitsOf(rows)
  return {
    ask: async () => {
      throw new Error('a program answers no questions')
    },
    image: () => (kind === 'host' ? undefined : copyImage(root, layers, kind === 'layers')),
    start: async ({ flags, argv, image, layers: above = [] }): Promise<Trial> => {
      const dir = await ownDirectory(root)
      const [box, around] = [join(dir, 'box'), join(dir, 'machine')]
      const id = ownId('lab')
      const devices = deviceTrees().map((tree) => join(tree, `stepbox-${id}`))
      const groups = [...devices]
      const clear = async () => {
        await killAll(groups)
        await removeGroup(groups)
        await removeTree(dir)
      }
      try {
        for (const each of [box, around]) mkdirSync(each, 0o700)
        const own = groupOfMachine(id)
        groups.unshift(...groupDirs(own))
        const more = [...above, ...(image?.layers ?? [])]
        const first = labMachine({
          ...{ dir: around, group: own, devices, layers, hostname: 'machine' },
          ...{ shared: [box, ...more], program: dirname(path) },
          ...(image ? { image: image.dir } : {}),
        })
        const words = ['run', ...flags, ...(kind === 'host' ? [] : ['busybox']), ...argv]
        const list = [...first, ...program(basename(path), words, placesFor(kind, box, more))]
        const launched = launch(list, { stdio: ['pipe', 'pipe', 'pipe'] })
        return { ...carried(launched, groups, clear), ...heard(launched, list, first.length) }
      } catch (error) {
        await clear()
        throw error
      }
    },
  }
}

const mostMs = 60_000

function carried(launched: Launch, groups: string[], clear: () => Promise<void>) {
  const end = async () => {
    launched.abandon()
    await killAll(groups)
  }
  const timer = setTimeout(() => void end(), patience(mostMs))
  const { stdin, stdout, stderr } = launched.process
  return {
    ...{ stdin, stdout, stderr },
    ended: launched.outcome.then(({ exitCode }) => exitCode),
    remove: async () => {
      clearTimeout(timer)
      await end()
      await launched.outcome
      await clear()
    },
  }
}

/** What the program is told: a directory for its root, or layers and a place for its own. */
function placesFor(kind: Traits['root'], box: string, layers: string[]): string[] {
  if (kind === 'directory') return [`STEPBOX_LAB_ROOTFS=${imageCopy}`]
  if (kind === 'host') return []
  return [`STEPBOX_LAB_LAYERS=${layers.join(':')}`, `STEPBOX_LAB_DIR=${box}`]
}

function program(name: string, words: string[], places: string[]): Step[] {
  const step = (call: Step['call']) => toolStep(call, 'the program that is judged')
  const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
  return [
    step(['close_range', firstFd, 4294967295, []]),
    step(['setsid']),
    step(['execvpe', `${programPlace}/${name}`, [name, ...words], [path, ...places]]),
  ]
}
