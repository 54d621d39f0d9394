/** Chapter 5: what a container wrote becomes an image. */
import { askedSettings } from '../../runtime/05-commit/flags.ts'
import { thawAbandoned } from '../../runtime/05-commit/frozen.ts'
import { thaw } from '../../runtime/02-cgroups/group-control.ts'
import type { Chapter } from '../../runtime/chapter.ts'
import type { Flag } from '../../runtime/command-line.ts'
import { plan } from './plan.ts'

const historyFlags: Flag[] = [
  { long: 'format', value: 'json|TEMPLATE', text: 'print JSON, or by a Go template' },
  { long: 'human', short: 'H', isOn: true, text: 'ages and sizes for people; or exact' },
  { long: 'no-trunc', text: 'cut nothing short' },
  { long: 'quiet', short: 'q', text: 'ids only' },
]
const load = () => import('../../runtime/05-commit/commands.ts')

export const chapter: Chapter = {
  number: 5,
  slug: 'commit',
  plan,
  flags: {
    run: [{ long: 'platform', value: 'OS/ARCH', text: 'take the image for this one of several' }],
  },
  asked: askedSettings,
  fields: ({ config }) => ({ config }),
  ending: ({ container: { groups = [] } }) => thaw(groups),
  recover: thawAbandoned,
  commands: [
    {
      name: 'commit',
      usage: 'commit [FLAGS] CONTAINER NAME[:TAG]',
      summary: "make an image of a container's write layer",
      flags: [
        { long: 'author', short: 'a', value: 'WHO', text: 'author of the image' },
        { long: 'message', short: 'm', value: 'TEXT', text: 'why this image was made' },
        {
          long: 'change',
          short: 'c',
          value: 'LINE',
          many: true,
          text: 'a Dockerfile line, such as CMD ["httpd", "-f"]',
        },
      ],
      examples: ["stepbox commit -m 'with a page' -c 'CMD [\"httpd\", \"-f\"]' NAME web:1.0"],
      words: [2, 2],
      load: async () => (await load()).commitCommand,
    },
    {
      name: 'history',
      usage: 'history [FLAGS] IMAGE',
      summary: 'the layers of an image and where they come from',
      flags: historyFlags,
      examples: ['stepbox history busybox', 'stepbox history --no-trunc -q web:1.0'],
      words: [1, 1],
      load: async () => (await load()).historyCommand,
    },
    {
      name: 'rmi',
      usage: 'rmi IMAGE…',
      summary: 'remove images that nothing uses',
      flags: [],
      examples: ['stepbox rmi web:1.0'],
      words: [1, Infinity],
      load: async () => (await load()).rmiCommand,
    },
  ],
  lab: async () => (await import('./lab/lab.ts')).lab,
  chinese: async () => (await import('./zh.json', { with: { type: 'json' } })).default,
  tools: async () => (await import('./tools.ts')).tools,
}
