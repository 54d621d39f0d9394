/** Tests. Commands that make, fill and remove volumes, to be killed in. */
import { join } from 'node:path'
import { listVolumes, readVolume, volumePath } from '../../runtime/08-volumes/volumes.ts'
import { namesIn } from '../../runtime/files.ts'
import { stepbox } from '../stepbox.ts'
import type { Deed } from './deed.ts'

/** In all of them a volume is there with all that the image has in /bin, or with nothing. */
export const volumeDeeds: Record<string, (root: string, n: number) => Promise<Deed>> = {
  'volume create': async (_, n) =>
    about(n, [['volume', 'create', `v${n}`]], (root) => readVolume(root, `v${n}`) !== undefined),
  'volume rm': async (root, n) => {
    await stepbox(['volume', 'create', `v${n}`], { root })
    return about(n, [['volume', 'rm', `v${n}`]], (root) => !readVolume(root, `v${n}`))
  },
  'run -v, which fills it': async (_, n) =>
    about(n, [using(n, '--rm')], (root) => namesIn(volumePath(root, `v${n}`)).length > 0),
  'two that fill one volume': async (_, n) =>
    about(n, [using(n, '--rm'), ['run', '--rm', '-v', `v${n}:/bin`, 'busybox', 'true']]),
  'run --rm of a volume without a name': async (_, n) =>
    about(n, [['run', '--rm', '-v', '/etc', 'busybox', 'true']]),
  'rm -v': async (root, n) => {
    const flags = ['--name', `box${n}`, '-v', '/etc']
    await stepbox(['create', ...flags, 'busybox', 'true'], { root })
    const name = listVolumes(root).find(({ name }) => name.length === 64)?.name ?? ''
    return about(n, [['rm', '-v', `box${n}`]], (root) => !readVolume(root, name))
  },
  'volume prune': async (root, n) => {
    await stepbox(['volume', 'create', '--label', `n=${n}`, `v${n}`], { root })
    const prune = ['volume', 'prune', '-f', '--filter', `label=n=${n}`]
    return about(n, [prune], (root) => !readVolume(root, `v${n}`))
  },
}

function using(n: number, ...flags: string[]): string[] {
  return ['run', ...flags, '--name', `box${n}`, '-v', `v${n}:/bin`, 'busybox', 'true']
}

function about(n: number, commands: string[][], isDone = (_: string): boolean => true): Deed {
  return {
    commands,
    code: 0,
    broken: (root) => [...(isDone(root) ? [] : ['it was not done']), ...parts(root, n)],
    clear: async (root) => {
      await stepbox(['rm', '-v', '-f', `box${n}`], { root })
      const names = listVolumes(root).map(({ name }) => name)
      await stepbox(['volume', 'rm', '-f', ...names, `v${n}`], { root })
    },
  }
}

function parts(root: string, n: number): string[] {
  const has = namesIn(volumePath(root, `v${n}`)).length
  const layers = namesIn(join(root, 'layers')) // of a commit, too, which has nothing in /bin
  const whole = Math.max(...layers.map((name) => namesIn(join(root, 'layers', name, 'bin')).length))
  return has === 0 || has === whole ? [] : [`v${n} has ${has} of ${whole} names`]
}
