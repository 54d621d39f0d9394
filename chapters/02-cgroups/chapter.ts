/** Chapter 2: a container cannot use more than it was given. */
import { lookAtCgroups } from '../../runtime/02-cgroups/cgroups.ts'
import { askedLimits, changeableFlags, limitFlags } from '../../runtime/02-cgroups/flags.ts'
import { hostConfig } from '../../runtime/02-cgroups/host-config.ts'
import { groupEnded, groupEndedBecause, prepareGroup } from '../../runtime/02-cgroups/lifecycle.ts'
import type { Chapter } from '../../runtime/chapter.ts'
import { plan } from './plan.ts'

export const chapter: Chapter = {
  number: 2,
  slug: 'cgroups',
  plan,
  has: { groups: true, keeps: true },
  flags: { run: limitFlags },
  asked: askedLimits,
  ordinary: () => ({
    group: { name: 'stepbox-<id>', cgroups: lookAtCgroups(), limits: {} },
  }),
  prepare: prepareGroup,
  ended: groupEnded,
  endedBecause: groupEndedBecause,
  fields: (container) => {
    const { groups = [], stats, oomKilled } = container
    return { groups, stats, oomKilled, HostConfig: hostConfig(container) }
  },
  commands: [
    {
      name: 'stats',
      usage: 'stats [FLAGS] [CONTAINER…]',
      summary: 'what containers use, or used, of the machine',
      flags: [
        { long: 'all', short: 'a', text: 'those that do not run, too' },
        { long: 'no-stream', text: 'print once, do not go on' },
        { long: 'no-trunc', text: 'whole ids' },
        { long: 'totals', text: 'what was counted since the start, or until the end' },
        { long: 'format', value: 'json|TEMPLATE', text: 'print JSON, or by a Go template' },
      ],
      examples: ['stepbox stats', 'stepbox stats --no-stream -a'],
      words: [0, Infinity],
      load: async () => (await import('../../runtime/02-cgroups/stats.ts')).stats,
    },
    {
      name: 'update',
      usage: 'update [FLAGS] CONTAINER…',
      summary: 'change the limits of containers',
      flags: changeableFlags,
      examples: ['stepbox update --memory 128m --memory-swap 128m NAME'],
      words: [1, Infinity],
      load: async () => (await import('../../runtime/02-cgroups/update-command.ts')).update,
    },
  ],
  lab: async () => (await import('./lab/lab.ts')).lab,
  chinese: async () => (await import('./zh.json', { with: { type: 'json' } })).default,
  tools: async () => (await import('./tools.ts')).tools,
}
