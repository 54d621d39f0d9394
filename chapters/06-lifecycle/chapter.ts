/** Chapter 6: a container lives on without its parent. */
import { changeableFlags } from '../../runtime/02-cgroups/flags.ts'
import type { Listening } from '../../runtime/06-lifecycle/attach.ts'
import { recordEvent, rotateEvents } from '../../runtime/06-lifecycle/events.ts'
import { askedLife, lifeFlags } from '../../runtime/06-lifecycle/flags.ts'
import { prepareLife } from '../../runtime/06-lifecycle/lifecycle.ts'
import type { Log } from '../../runtime/06-lifecycle/log.ts'
import type { Monitor } from '../../runtime/06-lifecycle/monitor.ts'
import type { Chapter } from '../../runtime/chapter.ts'
import type { Flag } from '../../runtime/command-line.ts'
import { plan } from './plan.ts'

/** Of a container in the foreground, which is the ordinary one. */
const directory = '/containers/<id>'
const attended: Monitor = {
  ...{ directory, mark: '/running/<id>', lock: '/events', restart: { name: 'no' }, groups: [] },
  settler: ['stepbox', 'settle'],
  isAttended: true,
}
const log: Log = { path: `${directory}/<id>-json.log`, maxBytes: 0, files: 1 }
const listening: Listening = { directory, closesInput: false, isAwaited: false }

const load = () => import('../../runtime/06-lifecycle/life-commands.ts')
const time = 'seconds it has to end before it is killed; -1 for any time'
const stopFlags: Flag[] = [
  { long: 'signal', short: 's', value: 'SIGNAL', text: 'in place of its stop signal' },
  { long: 'time', short: 't', value: 'SECONDS', text: time },
  { long: 'timeout', value: 'SECONDS', text: 'as --time' },
]

const logsFlags: Flag[] = [
  { long: 'follow', short: 'f', text: 'go on until the container ends' },
  { long: 'tail', short: 'n', value: 'LINES', text: 'only the last ones; all by default' },
  { long: 'since', value: 'TIME', text: 'nothing older: a date, seconds since 1970, or 1h30m ago' },
  { long: 'until', value: 'TIME', text: 'nothing newer; a time as for --since' },
  { long: 'timestamps', short: 't', text: 'show when each line was written' },
  { long: 'details', text: 'show labels and variables that --log-opt has kept' },
]

const eventsFlags: Flag[] = [
  { long: 'since', value: 'TIME', text: 'what was before, too, from a date on, or 1h30m ago' },
  { long: 'until', value: 'TIME', text: 'no longer than that' },
  {
    ...{ long: 'filter', short: 'f', value: 'KEY=VALUE', many: true },
    text: 'container, event, image, label, type, volume',
  },
  { long: 'format', value: 'FORMAT', text: 'json, or a template' },
]

export const chapter: Chapter = {
  number: 6,
  slug: 'lifecycle',
  plan,
  flags: { run: lifeFlags },
  asked: askedLife,
  ordinary: () => ({ monitor: attended, log, listening }),
  prepare: prepareLife,
  exclusively: async (dir, work) => {
    await (await import('../../runtime/06-lifecycle/states.ts')).underLock(dir, work)
  },
  planned: prepareLife,
  happened: recordEvent,
  recover: rotateEvents,
  commands: [
    {
      name: 'logs',
      usage: 'logs [-f] [-n LINES] CONTAINER',
      summary: 'show what a container has written',
      examples: [
        'stepbox logs -f web',
        'stepbox logs -n 20 -t web',
        'stepbox logs --since 10m web',
      ],
      flags: logsFlags,
      words: [1, 1],
      load: async () => (await import('../../runtime/06-lifecycle/logs/command.ts')).logsCommand,
    },
    {
      name: 'create',
      usage: 'create [FLAGS] IMAGE [COMMAND [ARG…]]',
      summary: 'lay out a container, to be started later; print its id',
      flags: [],
      examples: ['stepbox create --name box busybox sleep 60', 'stepbox start box'],
      sharesFlagsOf: 'run',
      stopAtWord: true,
      words: [1, Infinity],
      load: async () => (await load()).createCommand,
    },
    {
      name: 'start',
      usage: 'start [-a] [-i] CONTAINER… | start --restart-policy',
      summary: 'start containers that were created, or have ended',
      flags: [
        { long: 'attach', short: 'a', text: 'show what it writes; end as it does' },
        { long: 'interactive', short: 'i', text: 'the same, and let it read the input from here' },
        { long: 'restart-policy', text: 'after a reboot: those whose policy says so' },
        { long: 'unit', text: 'with that: print a unit of systemd that does so at boot' },
      ],
      examples: [
        'stepbox start $(stepbox ps -aq --filter status=created)',
        'stepbox start --restart-policy --unit > /etc/systemd/system/stepbox.service',
      ],
      words: [0, Infinity],
      load: async () => (await load()).startCommand,
    },
    {
      name: 'stop',
      usage: 'stop [FLAGS] CONTAINER…',
      summary: 'ask containers to end; kill what does not in time',
      flags: stopFlags,
      examples: ['stepbox stop -t 2 NAME'],
      words: [1, Infinity],
      load: async () => (await load()).stopCommand,
    },
    {
      name: 'restart',
      usage: 'restart [FLAGS] CONTAINER…',
      summary: 'stop containers, and start them again',
      flags: stopFlags,
      examples: ['stepbox restart -t 2 NAME'],
      words: [1, Infinity],
      load: async () => (await load()).restartCommand,
    },
    {
      name: 'kill',
      usage: 'kill [-s SIGNAL] CONTAINER…',
      summary: 'send a signal to the first process of containers',
      flags: [{ long: 'signal', short: 's', value: 'SIGNAL', text: 'in place of KILL' }],
      examples: ['stepbox kill NAME', 'stepbox kill -s HUP NAME'],
      words: [1, Infinity],
      load: async () => (await load()).killCommand,
    },
    {
      name: 'pause',
      usage: 'pause CONTAINER…',
      summary: 'stop all processes of containers where they are',
      flags: [],
      examples: ['stepbox pause NAME'],
      words: [1, Infinity],
      load: async () => (await load()).pauseCommand,
    },
    {
      name: 'unpause',
      usage: 'unpause CONTAINER…',
      summary: 'let paused containers go on',
      flags: [],
      examples: ['stepbox unpause NAME'],
      words: [1, Infinity],
      load: async () => (await load()).unpauseCommand,
    },
    {
      name: 'wait',
      usage: 'wait CONTAINER…',
      summary: 'wait until containers end; print their exit codes',
      flags: [],
      examples: ['stepbox wait NAME'],
      words: [1, Infinity],
      load: async () => (await load()).waitCommand,
    },
    {
      name: 'rename',
      usage: 'rename CONTAINER NAME',
      summary: 'give a container another name',
      flags: [],
      examples: ['stepbox rename OLD NEW'],
      words: [2, 2],
      load: async () => (await load()).renameCommand,
    },
    {
      name: 'update',
      usage: 'update [FLAGS] CONTAINER…',
      summary: 'change the limits of containers, and when they start again',
      flags: [
        { long: 'restart', value: 'POLICY', text: 'no, on-failure[:N], always or unless-stopped' },
        ...changeableFlags,
      ],
      examples: [
        'stepbox update --memory 128m --memory-swap 128m NAME',
        'stepbox update --restart no $(stepbox ps -q)',
      ],
      words: [1, Infinity],
      load: async () =>
        (await import('../../runtime/06-lifecycle/update-container.ts')).updateCommand,
    },
    {
      name: 'container prune',
      usage: 'container prune [FLAGS]',
      summary: 'remove all containers that do not run',
      flags: [
        {
          ...{ long: 'filter', value: 'KEY=VALUE', many: true },
          text: 'label, label!, until (1h, or a date)',
        },
        { long: 'force', short: 'f', text: 'do not ask' },
      ],
      examples: ['stepbox container prune -f --filter until=24h'],
      words: [0, 0],
      load: async () =>
        (await import('../../runtime/06-lifecycle/prune-containers.ts')).pruneCommand,
    },
    {
      name: 'events',
      usage: 'events [FLAGS]',
      summary: 'show what happens to containers and images, as it happens',
      flags: eventsFlags,
      examples: [
        'stepbox events --since 10m --until 0s',
        "stepbox events -f event=die --format '{{.Actor.Attributes.name}}'",
      ],
      words: [0, 0],
      load: async () =>
        (await import('../../runtime/06-lifecycle/events-command.ts')).eventsCommand,
    },
    {
      name: 'settle',
      usage: 'settle',
      summary: 'clear up after containers that have ended; their monitors call it',
      examples: ['stepbox settle'],
      flags: [],
      words: [0, 0],
      load: async () => (await import('../../runtime/06-lifecycle/settle.ts')).settleCommand,
    },
  ],
  chinese: async () => (await import('./zh.json', { with: { type: 'json' } })).default,
  tools: async () => (await import('./tools.ts')).tools,
  lab: async () => (await import('./lab/lab.ts')).lab,
}
