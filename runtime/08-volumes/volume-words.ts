/** The commands about volumes, and what other commands say of them. */
import { UsageError, type CommandSpec, type Flag, type Typed } from '../command-line.ts'
import type { ContainerOptions } from '../options.ts'
import { volumesFromIn } from './volumes-from.ts'

export const volumesFromFlag: Flag = {
  ...{ long: 'volumes-from', value: 'CONTAINER[:ro]', many: true },
  text: 'share what another container has mounted',
}

export const removeVolumesFlag: Flag = {
  ...{ long: 'volumes', short: 'v' },
  text: 'with its volumes that have no name',
}

/** What `--volumes-from` asks for; the containers are looked up when this one is created. */
export function askedVolumesFrom({ values }: Pick<Typed, 'values'>): Partial<ContainerOptions> {
  const words = values.get('volumes-from') ?? []
  for (const word of words)
    try {
      volumesFromIn(word)
    } catch (cause) {
      throw new UsageError((cause as Error).message, { cause })
    }
  return words.length > 0 ? { volumesFrom: words } : {}
}

const load = () => import('./volume-commands.ts')

const template = 'print JSON, or by a Go template'

export const volumeCommands: CommandSpec[] = [
  {
    name: 'volume create',
    usage: 'volume create [FLAGS] [VOLUME]',
    summary: 'make a volume: a directory that outlives the containers that use it',
    flags: [
      { long: 'driver', short: 'd', value: 'local', text: 'who keeps it; there is only this one' },
      { long: 'label', value: 'KEY=VALUE', many: true, text: 'say something about it' },
      { long: 'name', value: 'VOLUME', text: 'its name, as the word after the flags' },
      {
        ...{ long: 'opt', short: 'o', value: 'KEY=VALUE', many: true },
        text: 'type, device and o, as for mount(8): what to mount in its place',
      },
    ],
    examples: [
      'stepbox volume create data',
      'stepbox volume create -o type=none -o device=/srv/data -o o=bind srv',
    ],
    words: [0, 1],
    load: async () => (await load()).createVolumeCommand,
  },
  {
    name: 'volume ls',
    usage: 'volume ls [FLAGS]',
    summary: 'list volumes',
    flags: [
      {
        ...{ long: 'filter', short: 'f', value: 'KEY=VALUE', many: true },
        text: 'dangling, driver, label, name',
      },
      { long: 'format', value: 'json|TEMPLATE', text: template },
      { long: 'quiet', short: 'q', text: 'names only' },
    ],
    examples: ['stepbox volume ls -f dangling=true', 'stepbox volume ls -q -f label=keep'],
    words: [0, 0],
    load: async () => (await load()).listVolumesCommand,
  },
  {
    name: 'volume inspect',
    usage: 'volume inspect [FLAGS] VOLUME…',
    summary: 'show where volumes are, and what is known of them',
    flags: [{ long: 'format', short: 'f', value: 'json|TEMPLATE', text: template }],
    examples: ["stepbox volume inspect -f '{{.Mountpoint}}' data"],
    words: [1, Infinity],
    load: async () => (await load()).inspectVolumeCommand,
  },
  {
    name: 'volume rm',
    usage: 'volume rm [-f] VOLUME…',
    summary: 'remove volumes that no container uses, with all that is in them',
    flags: [{ long: 'force', short: 'f', text: 'one that is not there is no mistake' }],
    examples: ['stepbox volume rm data'],
    words: [1, Infinity],
    load: async () => (await load()).removeVolumeCommand,
  },
  {
    name: 'volume prune',
    usage: 'volume prune [FLAGS]',
    summary: 'remove all volumes that no container uses',
    flags: [
      { long: 'all', short: 'a', text: 'those with a name too, as without it in Docker 20.10' },
      {
        ...{ long: 'filter', value: 'KEY=VALUE', many: true },
        text: 'label, label!',
      },
      { long: 'force', short: 'f', text: 'do not ask' },
    ],
    examples: ['stepbox volume prune -f --filter label!=keep'],
    words: [0, 0],
    load: async () => (await load()).pruneVolumesCommand,
  },
]
