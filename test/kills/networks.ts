/** Tests. Commands that make and remove networks, and containers in them, to be killed in. */
import { readNetwork } from '../../runtime/09-network/networks.ts'
import { stepbox } from '../stepbox.ts'
import type { Deed } from './deed.ts'
import { about, lives, nameOf } from './living.ts'

/** A network that stays until the end, and one for each round. */
const kept = 'kept'

export const networkDeeds: Record<string, (root: string, n: number) => Promise<Deed>> = {
  'run in a network': async (root) => {
    await made(root, kept)
    return { commands: [['run', '--rm', '--network', kept, 'busybox', 'true']], code: 0 }
  },
  'run -p': async (_, n) => {
    const flags = ['-p', '80', '-p', `${20_000 + n}:81/udp`]
    return { commands: [['run', '--rm', ...flags, 'busybox', 'true']], code: 0 }
  },
  'run -d -p in a network': async (root, n) => {
    await made(root, kept)
    const flags = ['--network', kept, '--network-alias', 'also', '-p', '80', ...nameOf(n)]
    return about(n, [['run', '-d', ...flags, 'busybox', 'false']])
  },
  'run --network none': async () => ({
    commands: [['run', '--rm', '--network', 'none', 'busybox', 'true']],
    code: 0,
  }),
  'stop of one with a port': async (root, n) =>
    about(await lives(root, n, { flags: await withPort(root) }), [
      ['stop', '-t', '1', `box${n}`],
    ]),
  'restart of one with a port': async (root, n) =>
    about(await lives(root, n, { flags: await withPort(root) }), [
      ['restart', '-t', '1', `box${n}`],
    ]),
  'rename of one that is found': async (root, n) => {
    const flags = await withPort(root)
    const rename = ['rename', `box${n}`, `renamed${n}`]
    const deed = about(await lives(root, n, { flags }), [rename])
    const calm = async () => void (await stepbox(['rm', '-f', `box${n}`, `renamed${n}`], { root }))
    return { ...deed, calm }
  },
  'a restart policy in a network': async (root, n) => {
    const flags = ['--restart', 'on-failure:2', ...(await withPort(root))]
    await lives(root, n, { script: 'exit 1', flags })
    return about(n, [['wait', `box${n}`]])
  },
  'network create': async (_, n) =>
    ofNetwork(n, [['network', 'create', `net${n}`]], (root) => isThere(root, n)),
  'two that create one network': async (_, n) =>
    ofNetwork(n, [['network', 'create', `net${n}`], ['network', 'create', `net${n}`]]),
  'network rm': async (root, n) => {
    await used(root, n)
    return ofNetwork(n, [['network', 'rm', `net${n}`]], (root) => !isThere(root, n))
  },
  'network prune': async (root, n) => {
    await used(root, n)
    const prune = ['network', 'prune', '-f', '--filter', `label=n=${n}`]
    return ofNetwork(n, [prune], (root) => !isThere(root, n))
  },
  'network connect': async (root, n) => {
    await made(root, kept)
    const deed = about(await lives(root, n), [['network', 'connect', kept, `box${n}`]])
    return { ...deed, calm: (root) => rid(root, n) }
  },
  'network disconnect': async (root, n) => {
    const flags = await withPort(root)
    const leave = ['network', 'disconnect', kept, `box${n}`]
    return { ...about(await lives(root, n, { flags }), [leave]), calm: (root) => rid(root, n) }
  },
  'network rm while somebody enters': async (root, n) => {
    await used(root, n)
    const run = ['run', '--rm', '--network', `net${n}`, 'busybox', 'true']
    return ofNetwork(n, [['network', 'rm', `net${n}`], run])
  },
}

async function withPort(root: string): Promise<string[]> {
  await made(root, kept)
  return ['--network', kept, '-p', '80']
}

async function rid(root: string, n: number): Promise<void> {
  await stepbox(['rm', '-f', `box${n}`], { root })
}

async function made(root: string, name: string, ...flags: string[]): Promise<void> {
  if (!readNetwork(root, name)) await stepbox(['network', 'create', ...flags, name], { root })
}

/** It has a bridge, and names have been entered. */
async function used(root: string, n: number): Promise<void> {
  await made(root, `net${n}`, '--label', `n=${n}`)
  await stepbox(['run', '--rm', '--network', `net${n}`, 'busybox', 'true'], { root })
}

function isThere(root: string, n: number): boolean {
  return readNetwork(root, `net${n}`) !== undefined
}

function ofNetwork(n: number, commands: string[][], isDone = (_: string): boolean => true): Deed {
  return {
    commands,
    ...(commands.length === 1 ? { code: 0 } : {}),
    broken: (root) => (isDone(root) ? [] : ['it was not done']),
    clear: (root) => stepbox(['network', 'rm', `net${n}`], { root }),
  }
}
