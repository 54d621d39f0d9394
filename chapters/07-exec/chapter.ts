/** Chapter 7: a container lets others in. */
import { detachKeys, detachKeysFlag } from '../../runtime/07-exec/detach-keys.ts'
import type { Chapter } from '../../runtime/chapter.ts'
import { stepFlags, type Flag } from '../../runtime/command-line.ts'
import { askedHealth, healthFlags } from '../../runtime/07-exec/health-settings.ts'
import { plannedHealth, prepareHealth, writeProbe } from '../../runtime/07-exec/probe.ts'
import { targetIn } from '../../runtime/07-exec/target.ts'
import { typicalCopy } from '../../runtime/07-exec/copy/list.ts'
import { copyPlan } from './cp.ts'
import { execPlan } from './exec.ts'
import { plan } from './plan.ts'

const loadCopy = () => import('../../runtime/07-exec/copy/command.ts')
const loadExec = () => import('../../runtime/07-exec/exec-command.ts')

const execFlags: Flag[] = [
  ...stepFlags,
  { long: 'detach', short: 'd', text: 'do not wait for it' },
  { long: 'interactive', short: 'i', text: 'let it read the input from here' },
  { long: 'tty', short: 't', text: 'give it a terminal' },
  { long: 'env', short: 'e', value: 'K[=V]', many: true, text: 'set an environment variable' },
  { long: 'env-file', value: 'FILE', many: true, text: 'set those in a file, one a line' },
  { long: 'user', short: 'u', value: 'USER[:GROUP]', text: 'who runs it, by name or number' },
  { long: 'workdir', short: 'w', value: 'DIR', text: 'where the command starts' },
  detachKeysFlag,
  { long: 'privileged', text: 'with all capabilities, which containers have until chapter 13' },
]

const copyFlags: Flag[] = [
  ...stepFlags,
  { long: 'archive', short: 'a', text: "what is copied in belongs to the container's user" },
  { long: 'follow-link', short: 'L', text: 'copy what a link leads to, not the link' },
  { long: 'quiet', short: 'q', text: 'say nothing on a terminal either' },
]

export const chapter: Chapter = {
  number: 7,
  slug: 'exec',
  plan,
  flags: { run: [detachKeysFlag, ...healthFlags], start: [detachKeysFlag] },
  asked: askedHealth,
  prepare: prepareHealth,
  planned: plannedHealth,
  listed: writeProbe,
  lists: {
    exec: {
      plan: execPlan,
      source: { file: 'chapters/07-exec/exec.ts', symbol: 'execPlan' },
      joins: (container) => ({ target: targetIn(container) }),
      printed: async (input) => (await loadExec()).printedExec(input),
    },
    cp: {
      plan: copyPlan,
      joins: ({ init }) => ({ copied: typicalCopy(init?.pid) }),
      printed: async (input) => (await loadCopy()).printedCopy(input),
    },
  },
  detachKeys,
  commands: [
    {
      name: 'attach',
      usage: 'attach [FLAGS] CONTAINER',
      summary: 'see and type what a container that runs writes and reads',
      flags: [
        detachKeysFlag,
        { long: 'no-stdin', text: 'see only' },
        { long: 'sig-proxy', isOn: true, text: 'pass signals on to it, if it has no terminal' },
      ],
      keys: ['ctrl-p ctrl-q  leave a container with a terminal, which goes on'],
      examples: ['stepbox attach web', 'stepbox attach --detach-keys ctrl-a,d web'],
      words: [1, 1],
      load: async () =>
        (await import('../../runtime/07-exec/attach-command.ts')).attachCommand,
    },
    {
      name: 'exec',
      usage: 'exec [FLAGS] CONTAINER COMMAND [ARG…]',
      summary: 'run a further command in a container that runs',
      flags: execFlags,
      examples: ['stepbox exec -it NAME sh', 'stepbox exec -u 1000 -w /tmp NAME env'],
      stopAtWord: true,
      words: [2, Infinity],
      load: async () => (await loadExec()).execCommand,
    },
    {
      name: 'top',
      usage: 'top CONTAINER [PS-OPTIONS]',
      summary: 'show the processes of a container, as the host sees them',
      flags: [{ long: 'format', value: 'json', text: 'print JSON, in a stable shape' }],
      examples: ['stepbox top web', 'stepbox top web aux', 'stepbox top web -o pid,user,args'],
      stopAtWord: true,
      words: [1, Infinity],
      load: async () => (await import('../../runtime/07-exec/top.ts')).topCommand,
    },
    {
      name: 'cp',
      usage: 'cp [FLAGS] [CONTAINER:]SRC|- [CONTAINER:]DEST|-',
      summary: 'copy files out of a container, or into one',
      flags: copyFlags,
      examples: [
        'stepbox cp web:/etc/passwd .',
        'stepbox cp src/. web:/app',
        'stepbox cp web:/var/log - | tar -t',
      ],
      words: [2, 2],
      load: async () => (await loadCopy()).cpCommand,
    },
  ],
  chinese: async () => (await import('./zh.json', { with: { type: 'json' } })).default,
  tools: async () => (await import('./tools.ts')).tools,
  lab: async () => (await import('./lab/lab.ts')).lab,
}
