/** Chapter 4: a container writes to a layer of its own, and the image stays as it is. */
import { identityInLayers, prepareLayers } from '../../runtime/04-overlay/lifecycle.ts'
import type { Chapter } from '../../runtime/chapter.ts'
import { plan } from './plan.ts'

export const chapter: Chapter = {
  number: 4,
  slug: 'overlay',
  plan,
  has: { root: 'layers' },
  flags: { run: [{ long: 'read-only', text: 'let it write nothing' }] },
  asked: ({ switches }) => ({ readOnly: switches.has('read-only') }),
  ordinary: () => ({ layers: ['init', 'lower0'], dir: '/containers/<id>', readOnly: false }),
  prepare: prepareLayers,
  identity: identityInLayers,
  fields: ({ image }) => ({ image }),
  columns: [{ command: 'ps', head: 'IMAGE', cell: ({ image }) => image?.name }],
  commands: [
    {
      name: 'diff',
      usage: 'diff CONTAINER',
      summary: 'what a container added (A), changed (C) and deleted (D)',
      flags: [{ long: 'format', value: 'json|TEMPLATE', text: 'print JSON, or by a Go template' }],
      examples: ['stepbox diff NAME'],
      words: [1, 1],
      load: async () => (await import('../../runtime/04-overlay/commands.ts')).diffCommand,
    },
  ],
  chinese: async () => (await import('./zh.json', { with: { type: 'json' } })).default,
  tools: async () => (await import('./tools.ts')).tools,
  lab: async () => (await import('./lab/lab.ts')).lab,
}
