/** Chapter 2: a container cannot use more than it was given. */
import { lookAtCgroups } from '../../runtime/02-cgroups/cgroups.ts'
import { askedLimits, limitFlags } from '../../runtime/02-cgroups/flags.ts'
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
  fields: ({ groups = [], stats, oomKilled }) => ({ groups, stats, oomKilled }),
  commands: [
    {
      name: 'stats',
      usage: 'stats [CONTAINER…]',
      summary: 'what containers use, or used, of the machine',
      flags: [{ long: 'format', value: 'json', text: 'print JSON, in a stable shape' }],
      words: [0, Infinity],
      load: async () => (await import('../../runtime/02-cgroups/commands.ts')).stats,
    },
  ],
  tools: async () => (await import('./tools.ts')).tools,
}
