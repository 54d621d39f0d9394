/** Chapter 8: a container shares directories that it was given. */
import { askedMounts, mountFlags } from '../../runtime/08-volumes/flags.ts'
import { plannedVolumes, prepareVolumes } from '../../runtime/08-volumes/planned.ts'
import { withCorrection } from '../../runtime/08-volumes/mistakes.ts'
import { reachedVolumes } from '../../runtime/08-volumes/reached.ts'
import { lentVolumes, removeVolumesOf } from '../../runtime/08-volumes/lent-volumes.ts'
import { askedVolumesFrom, removeVolumesFlag } from '../../runtime/08-volumes/volume-words.ts'
import { volumeCommands, volumesFromFlag } from '../../runtime/08-volumes/volume-words.ts'
import type { Chapter } from '../../runtime/chapter.ts'
import { plan } from './plan.ts'

export const chapter: Chapter = {
  number: 8,
  slug: 'volumes',
  plan,
  flags: { run: [...mountFlags, volumesFromFlag], rm: [removeVolumesFlag] },
  asked: (typed, image) => ({
    ...withCorrection(() => askedMounts(typed, image)),
    ...askedVolumesFrom(typed),
  }),
  prepare: prepareVolumes,
  planned: plannedVolumes,
  reached: reachedVolumes,
  removed: removeVolumesOf,
  lends: lentVolumes,
  inspects: {
    volume: async (root, name) =>
      (await import('../../runtime/08-volumes/volume-commands.ts')).inspectVolume(root, name),
  },
  commands: volumeCommands,
  chinese: async () => (await import('./zh.json', { with: { type: 'json' } })).default,
  tools: async () => (await import('./tools.ts')).tools,
  lab: async () => (await import('./lab/lab.ts')).lab,
}
