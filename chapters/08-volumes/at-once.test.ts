/** Tests: a command about a volume, and any other one about it at the same moment. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { imageFor } from '../../runtime/05-commit/image-for.ts'
import { removeContainer } from '../../runtime/06-lifecycle/remove-container.ts'
import { createContainer } from '../../runtime/06-lifecycle/start-container.ts'
import {
  createVolumeCommand,
  inspectVolumeCommand,
  listVolumesCommand,
  pruneVolumesCommand,
  removeVolumeCommand,
} from '../../runtime/08-volumes/volume-commands.ts'
import { removeVolume } from '../../runtime/08-volumes/change-volumes.ts'
import { volumesOf } from '../../runtime/08-volumes/volume-users.ts'
import { listVolumes, volumeDir, volumePath } from '../../runtime/08-volumes/volumes.ts'
import type { Runtime } from '../../runtime/chapter.ts'
import type { Answer } from '../../runtime/command-line.ts'
import { listContainers } from '../../runtime/container/find.ts'
import { namesIn } from '../../runtime/files.ts'
import type { ContainerOptions } from '../../runtime/options.ts'
import { asTyped, oddInPairs, pairsOf, type Command, type Pair } from '../../test/at-once/pairs.ts'
import { rootWithBusybox } from '../../test/busybox.ts'
import { runtimeOn } from '../../test/rows.ts'
import { needs } from '../../test/scratch.ts'

/** A container with the label `own`, which uses the volume `own` and one without a name. */
async function using(runtime: Runtime, own: string, more: Partial<ContainerOptions>) {
  const { settings, use } = await imageFor(runtime.root, 'busybox', 'layers')
  const config = { Env: settings.Env ?? [], Labels: { own } }
  const bare = { argv: ['true'], env: [], network: 'none', rm: false, chapter: 8, config }
  await createContainer(runtime, { ...bare, ...use, ...more })
}

const mounts = (own: string): ContainerOptions['mounts'] => [
  { type: 'volume', source: own, target: '/etc', readOnly: false, from: 'volume' },
  { type: 'volume', isAnonymous: true, target: '/anon', readOnly: false, from: 'volume' },
]

const inUse = /^remove \w+: volume is in use - \[/
const gone = /^no volume named /
const forced = new Set(['force'])

const commands: Record<string, Command> = {
  'volume create': {
    does: (runtime, own) => {
      const values = new Map([['label', [`own=${own}`]]])
      return ended(createVolumeCommand(asTyped(runtime, { words: [own], values })))
    },
  },
  'volume ls': { does: (runtime) => ended(listVolumesCommand(asTyped(runtime, {}))) },
  'volume inspect': {
    does: (runtime, own) => ended(inspectVolumeCommand(asTyped(runtime, { words: [own] }))),
    says: gone,
  },
  'volume rm': {
    does: (runtime, own) => ended(removeVolumeCommand(asTyped(runtime, { words: [own] }))),
    says: new RegExp(`${gone.source}|${inUse.source}`),
  },
  'volume rm -f': {
    does: (runtime, own) => {
      const typed = { words: [own], switches: forced }
      return ended(removeVolumeCommand(asTyped(runtime, typed)))
    },
    says: inUse,
  },
  'volume prune': {
    does: (runtime, own) => {
      const values = new Map([['filter', [`label=own=${own}`]]])
      return ended(pruneVolumesCommand(asTyped(runtime, { values, switches: forced })))
    },
  },
  'create -v': { does: (runtime, own) => using(runtime, own, { mounts: mounts(own) ?? [] }) },
}

/** What takes a container that has the volume, named as it is. */
const withUser: Record<string, Command> = {
  ...commands,
  'rm -v': {
    does: (runtime, own) => removeContainer(runtime, `of-${own}`, { isWhole: true }),
    says: /^no container named |^container '[\w-]+' was removed/,
  },
  'create --volumes-from': {
    does: (runtime, own) => using(runtime, own, { volumesFrom: [`of-${own}`] }),
    says: /^no container named |^volume '\w+' is gone; /,
  },
}

async function ended(answer: Promise<Answer>): Promise<unknown> {
  return (await answer).code
}

let count = 0

/** Do both to a fresh volume. Gives what is wrong in what they said, or left. */
async function both(runtime: Runtime, pair: Pair, state: string): Promise<string[]> {
  const { root } = runtime
  const own = `v${++count}`
  if (state === 'made') await commands['volume create']?.does(runtime, own)
  if (state === 'used') await using(runtime, own, { name: `of-${own}`, mounts: mounts(own) ?? [] })
  const ends = await Promise.allSettled(pair.map(([, { does }]) => does(runtime, own)))
  const odd = ends.flatMap((end, at) => {
    if (end.status === 'fulfilled') return end.value ? [`it ended with ${end.value}`] : []
    const { message } = end.reason as Error
    return pair[at]?.[1].says?.test(message) ? [] : [message]
  })
  const whole = namesIn(join(volumeDir(root, own))).join()
  if (!['', '_data,volume.json'].includes(whole)) odd.push(`the volume has ${whole}`)
  const users = listContainers(root).filter(({ config }) => config?.Labels?.['own'] === own)
  for (const user of users) {
    const lacking = volumesOf(user).filter((name) => !namesIn(volumeDir(root, name)).length)
    odd.push(...lacking.map((name) => `a container has no volume ${name}`))
    const has = namesIn(volumePath(root, own))
    if (volumesOf(user).includes(own) && !has.includes('passwd')) odd.push(`it has ${has.join()}`)
    await removeContainer(runtime, user.id, { isWhole: true })
  }
  if (whole) await removeVolume(runtime, own)
  return odd.map((what) => `${state}, ${pair.map(([name]) => name).join()}: ${what}`)
}

/** What makes a volume, with each command; of those that find it there, all with each other. */
function pairsIn(state: string): Pair[] {
  const { 'volume create': make, 'create -v': use, ...others } = commands as Named
  if (state === 'missing') return pairsOf({ 'volume create': make, 'create -v': use }, others)
  return pairsOf(state === 'used' ? withUser : commands)
}

type Named = Record<'volume create' | 'create -v', Command>

for (const state of ['missing', 'made', 'used'])
  test(`a volume that is ${state}: nothing is half done, and nothing left`, async (context) => {
    needs(context, 'root', 'overlay')
    const runtime = await runtimeOn(await rootWithBusybox(), 8)
    const { root } = runtime
    const odd = await oddInPairs(pairsIn(state), (pair) => both(runtime, pair, state))
    expect(odd).toEqual([])
    const left = ['tmp', 'running', 'containers', 'names'].map((dir) => namesIn(join(root, dir)))
    expect([...left.flat(), ...listVolumes(root)]).toEqual([])
  }, 240_000)
