/** The commands that every chapter has, and those that need no more than what containers have. */
import { stepFlags, type CommandSpec, type Flag } from '../command-line.ts'

const json: Flag = { long: 'format', value: 'json', text: 'print JSON, in a stable shape' }
const format: Flag = { ...json, value: 'json|TEMPLATE', text: 'print JSON, or by a Go template' }
const filter = (text: string): Flag => ({
  ...{ long: 'filter', short: 'f', value: 'KEY=VALUE', many: true },
  text,
})
const noTrunc: Flag = { long: 'no-trunc', text: 'cut nothing short' }
const quiet: Flag = { long: 'quiet', short: 'q', text: 'ids only' }

export const basics: CommandSpec[] = [
  {
    name: 'run',
    usage: 'run [FLAGS] IMAGE [COMMAND [ARG…]]',
    summary: 'run a command in a new container',
    flags: stepFlags,
    examples: [
      'stepbox run --rm busybox echo hello',
      'stepbox run -it --name box busybox sh',
      'stepbox run --rm --step busybox true',
    ],
    keys: [
      '--step: n next call, c go on, i inspect, ↑ ↓ scroll, q leave',
      'Ctrl-C three times kills the container',
    ],
    stopAtWord: true,
    words: [1, Infinity],
    load: async () => (await import('./run.ts')).runCommand,
  },
  {
    name: 'plan',
    usage: 'plan [FLAGS] IMAGE [COMMAND [ARG…]]',
    summary: 'print the system calls that run would make; makes none, needs no root',
    flags: [{ long: 'since', text: 'mark what this chapter added' }, json],
    examples: ['stepbox plan busybox sh', 'stepbox plan --since -m 64m busybox sh'],
    sharesFlagsOf: 'run',
    stopAtWord: true,
    words: [1, Infinity],
    load: async () => (await import('./plan.ts')).planCommand,
  },
  {
    name: 'break',
    usage: 'break [--again] [--all] [LINE…]',
    summary: 'leave lines of a chapter out: predict what happens, and see',
    flags: [
      { long: 'again', text: 'ask for what was predicted before, too' },
      { long: 'all', short: 'a', text: 'the table of all consequences' },
      json,
    ],
    examples: ['stepbox break', 'stepbox break --all', 'stepbox break privateMounts'],
    keys: ['a to d and Enter choose an answer; q and Enter leave'],
    words: [0, Infinity],
    load: async () => (await import('./break.ts')).breakCommand,
  },
  {
    name: 'replay',
    usage: 'replay FILE',
    summary: 'walk through a recorded start, forward and backward',
    flags: [],
    examples: ['stepbox run --rm --record walk busybox true', 'stepbox replay walk'],
    keys: ['n next, b back, i inspect, ↑ ↓ scroll, q leave'],
    words: [1, 1],
    load: async () => (await import('./replay.ts')).replay,
  },
  {
    name: 'ps',
    usage: 'ps [FLAGS]',
    summary: 'list containers, the newest first',
    flags: [
      { long: 'all', short: 'a', text: 'those that have ended too' },
      filter('ancestor, before, exited, id, label, name, network, since, status'),
      format,
      { long: 'last', short: 'n', value: 'N', text: 'the N newest, those that have ended too' },
      { long: 'latest', short: 'l', text: 'the newest one, whether it has ended or not' },
      noTrunc,
      quiet,
      { long: 'size', short: 's', text: 'how much each has written' },
    ],
    examples: [
      "stepbox ps -a --filter status=exited --format '{{.Names}}: {{.Status}}'",
      "stepbox ps --format 'table {{.ID}}\\t{{.Names}}\\t{{.RunningFor}}'",
    ],
    words: [0, 0],
    needs: ({ keeps }) => keeps,
    load: async () => (await import('./ps.ts')).ps,
  },
  {
    name: 'rm',
    usage: 'rm [-f] CONTAINER…',
    summary: 'remove containers, with what they wrote',
    flags: [{ long: 'force', short: 'f', text: 'kill it first if it runs' }],
    examples: ['stepbox rm $(stepbox ps -aq --filter status=exited)'],
    words: [1, Infinity],
    needs: ({ keeps }) => keeps,
    load: async () => (await import('./ps.ts')).rm,
  },
  {
    name: 'inspect',
    usage: 'inspect [FLAGS] NAME…',
    summary: 'everything that is known of containers and images, as JSON',
    flags: [
      { ...format, short: 'f' },
      { long: 'type', value: 'container|image', text: 'look for one of the two only' },
      { long: 'size', short: 's', text: 'measure what a container has written, too' },
    ],
    examples: [
      "stepbox inspect -f '{{.State.Pid}}' NAME",
      "stepbox inspect -f '{{range .Config.Env}}{{println .}}{{end}}' busybox",
    ],
    words: [1, Infinity],
    needs: ({ keeps }) => keeps,
    load: async () => (await import('./inspect.ts')).inspect,
  },
  {
    name: 'import',
    usage: 'import [FLAGS] FILE|DIR|- [NAME[:TAG]] | import --busybox',
    summary: 'make an image of a directory or of a tar archive',
    flags: [
      { long: 'busybox', text: "make busybox:latest of this machine's static busybox" },
      { long: 'message', short: 'm', value: 'TEXT', text: 'what it is, for its history' },
      {
        long: 'change',
        short: 'c',
        value: 'LINE',
        many: true,
        text: 'a Dockerfile line, such as CMD ["sh"]',
      },
    ],
    examples: [
      'stepbox import --busybox',
      'stepbox import ./rootfs web:1.0',
      'docker export NAME | stepbox import - web:1.0',
    ],
    words: [0, 2],
    needs: ({ root }) => root !== 'host',
    load: async () => (await import('./import.ts')).importCommand,
  },
  {
    name: 'images',
    usage: 'images [FLAGS] [NAME[:TAG]]',
    summary: 'list images, the newest first',
    flags: [
      { long: 'all', short: 'a', text: 'as without it: no image is hidden' },
      { long: 'digests', text: 'show the digests of manifests' },
      filter('before, dangling, label, reference, since'),
      format,
      noTrunc,
      quiet,
    ],
    examples: [
      'stepbox images --filter dangling=true',
      "stepbox images --format '{{.Repository}}:{{.Tag}} {{.Size}}'",
    ],
    words: [0, 1],
    needs: ({ root }) => root === 'layers',
    load: async () => (await import('./images.ts')).images,
  },
  {
    name: 'image prune',
    usage: 'image prune [-a] [-f]',
    summary: 'remove images that have no name, or that no container uses',
    flags: [
      { long: 'all', short: 'a', text: 'all that no container uses, also with a name' },
      { long: 'filter', value: 'KEY=VALUE', many: true, text: 'label, until (1h, or a date)' },
      { long: 'force', short: 'f', text: 'do not ask' },
    ],
    examples: ['stepbox image prune -a --filter until=24h'],
    words: [0, 0],
    needs: ({ root }) => root === 'layers',
    load: async () => (await import('./prune.ts')).prune,
  },
]
