/** Chapter 5: what a container wrote becomes an image. */
import { askedSettings } from '../../runtime/05-commit/flags.ts'
import { thawAbandoned } from '../../runtime/05-commit/frozen.ts'
import { thaw } from '../../runtime/02-cgroups/group-control.ts'
import type { Chapter } from '../../runtime/chapter.ts'
import type { Flag } from '../../runtime/command-line.ts'
import { plan } from './plan.ts'

const format: Flag = { long: 'format', value: 'json', text: 'print JSON, in a stable shape' }
const load = () => import('../../runtime/05-commit/commands.ts')

export const chapter: Chapter = {
  number: 5,
  slug: 'commit',
  plan,
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
      words: [2, 2],
      load: async () => (await load()).commitCommand,
    },
    {
      name: 'history',
      usage: 'history IMAGE',
      summary: 'the layers of an image and where they come from',
      flags: [format],
      words: [1, 1],
      load: async () => (await load()).historyCommand,
    },
    {
      name: 'rmi',
      usage: 'rmi IMAGE…',
      summary: 'remove images that nothing uses',
      flags: [],
      words: [1, Infinity],
      load: async () => (await load()).rmiCommand,
    },
  ],
  tools: async () => (await import('./tools.ts')).tools,
}
