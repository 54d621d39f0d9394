/** Command line. The table of commands: what each is for, its flags, and since which chapter. */
import type { Flag } from './args.ts'
import type { Input } from './main.ts'

export interface CommandSpec {
  name: string
  since: number
  usage: string
  summary: string
  flags: Flag[]
  /** Flags end at the first word: what follows belongs to the container. */
  stopAtWord?: boolean
  /** Fewest and most words after the flags. */
  words: [least: number, most: number]
  load: () => Promise<(input: Input) => number | Promise<number>>
}

const format: Flag = { long: 'format', value: 'json', text: 'print JSON, in a stable shape' }
const quiet: Flag = { long: 'quiet', short: 'q', text: 'ids only' }

/** The flags of `run`, which `plan` takes too. */
const runFlags: Flag[] = [
  { long: 'interactive', short: 'i', text: 'keep standard input open' },
  { long: 'tty', short: 't', since: 3, text: 'give it a terminal of its own' },
  { long: 'rm', text: 'remove the container when it ends' },
  { long: 'name', value: 'NAME', text: 'a name for the container' },
  { long: 'hostname', short: 'h', value: 'NAME', text: 'the name it sees for itself' },
  { long: 'env', short: 'e', value: 'K=V', many: true, text: 'set an environment variable' },
  { long: 'workdir', short: 'w', value: 'DIR', text: 'where the command starts' },
  { long: 'user', short: 'u', value: 'UID[:GID]', text: 'who runs the command' },
  { long: 'network', value: 'none|host', text: "a network of its own with lo, or the host's" },
  { long: 'memory', short: 'm', value: '64m', since: 2, text: 'most memory' },
  { long: 'cpus', value: '0.5', since: 2, text: 'most processor time, in processors' },
  { long: 'cpu-shares', short: 'c', value: 'N', since: 2, text: 'weight against others (1024)' },
  { long: 'cpuset-cpus', value: '0-1', since: 2, text: 'the processors it may use' },
  { long: 'pids-limit', value: 'N', since: 2, text: 'most processes (-1: no limit)' },
  { long: 'read-only', since: 4, text: 'let it write nothing' },
]

/** The step-by-step side of `run`. */
const stepFlags: Flag[] = [
  { long: 'trace', text: 'show each call as it is made, with result and duration' },
  { long: 'step', text: 'stop before each call; see what it changed' },
  { long: 'without', value: 'N|CALL', text: 'leave a line out, on a pretend machine' },
  { long: 'record', value: 'FILE', text: 'write the walk to a file, for replay' },
]

export const commands: CommandSpec[] = [
  {
    name: 'run',
    since: 1,
    usage: 'run [FLAGS] IMAGE [COMMAND [ARG…]]',
    summary: 'run a command in a new container',
    flags: [...runFlags, ...stepFlags],
    stopAtWord: true,
    words: [1, Infinity],
    load: async () => (await import('./run.ts')).runCommand,
  },
  {
    name: 'plan',
    since: 1,
    usage: 'plan [FLAGS] IMAGE [COMMAND [ARG…]]',
    summary: 'print the system calls that run would make; makes none, needs no root',
    flags: [...runFlags, { long: 'since', text: 'mark what this chapter added' }, format],
    stopAtWord: true,
    words: [1, Infinity],
    load: async () => (await import('./plan.ts')).planCommand,
  },
  {
    name: 'break',
    since: 1,
    usage: 'break [--all] [LINE…]',
    summary: 'leave lines of a chapter out: foretell what happens, and see',
    flags: [{ long: 'all', short: 'a', text: 'the table of all consequences' }, format],
    words: [0, Infinity],
    load: async () => (await import('./break.ts')).breakCommand,
  },
  {
    name: 'replay',
    since: 1,
    usage: 'replay FILE',
    summary: 'walk through a recorded start, forward and backward',
    flags: [],
    words: [1, 1],
    load: async () => (await import('./replay.ts')).replay,
  },
  {
    name: 'ps',
    since: 2,
    usage: 'ps [-a] [-q]',
    summary: 'list containers',
    flags: [{ long: 'all', short: 'a', text: 'those that have ended too' }, quiet, format],
    words: [0, 0],
    load: async () => (await import('./containers.ts')).ps,
  },
  {
    name: 'rm',
    since: 2,
    usage: 'rm [-f] CONTAINER…',
    summary: 'remove containers, with what they wrote',
    flags: [{ long: 'force', short: 'f', text: 'kill it first if it runs' }],
    words: [1, Infinity],
    load: async () => (await import('./containers.ts')).rm,
  },
  {
    name: 'stats',
    since: 2,
    usage: 'stats [CONTAINER…]',
    summary: 'what containers use, or used, of the machine',
    flags: [format],
    words: [0, Infinity],
    load: async () => (await import('./containers.ts')).stats,
  },
  {
    name: 'diff',
    since: 4,
    usage: 'diff CONTAINER',
    summary: 'what a container added (A), changed (C) and deleted (D)',
    flags: [format],
    words: [1, 1],
    load: async () => (await import('./containers.ts')).diff,
  },
  {
    name: 'commit',
    since: 5,
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
    load: async () => (await import('./images.ts')).commit,
  },
  {
    name: 'images',
    since: 4,
    usage: 'images [-q] [--digests]',
    summary: 'list images',
    flags: [quiet, { long: 'digests', text: 'show the digests of manifests' }, format],
    words: [0, 0],
    load: async () => (await import('./images.ts')).images,
  },
  {
    name: 'history',
    since: 5,
    usage: 'history IMAGE',
    summary: 'the layers of an image and where they come from',
    flags: [format],
    words: [1, 1],
    load: async () => (await import('./images.ts')).history,
  },
  {
    name: 'inspect',
    since: 2,
    usage: 'inspect NAME…',
    summary: 'everything that is known of containers and images, as JSON',
    flags: [format],
    words: [1, Infinity],
    load: async () => (await import('./images.ts')).inspect,
  },
  {
    name: 'rmi',
    since: 5,
    usage: 'rmi IMAGE…',
    summary: 'remove images that nothing uses',
    flags: [],
    words: [1, Infinity],
    load: async () => (await import('./images.ts')).rmi,
  },
  {
    name: 'x-ray',
    since: 2,
    usage: 'x-ray [--watch] CONTAINER',
    summary: 'a running container and its host, side by side',
    flags: [{ long: 'watch', text: 'draw again each second; q ends it' }, format],
    words: [1, 1],
    load: async () => (await import('./xray.ts')).xray,
  },
  {
    name: 'doctor',
    since: 1,
    usage: 'doctor',
    summary: 'what this machine can do, and for which chapters that is enough',
    flags: [format],
    words: [0, 0],
    load: async () => (await import('./doctor.ts')).doctor,
  },
  {
    name: 'vm',
    since: 1,
    usage: 'vm [FLAGS] [-- COMMAND [ARG…]] | vm [FLAGS] test [N] | vm build',
    summary: 'a machine with a kernel of its own, which may be broken',
    flags: [
      { long: 'kernel', value: 'WHICH', text: 'stable, backports, or the FILE.deb of one' },
      { long: 'memory', short: 'm', value: '1g', text: 'how much memory it has' },
      { long: 'cpus', value: '2', text: 'how many processors it has' },
      { long: 'disk', value: '2g', text: 'how large its disk is' },
      { long: 'swap', value: '512m', text: 'give it so much swap' },
      { long: 'share', value: 'DIR[:PATH][:ro]', many: true, text: 'a folder of this machine' },
      { long: 'checkout', text: 'share this checkout: edit here, run there' },
      { long: 'store', text: 'begin with the images of this data root' },
      { long: 'without', value: 'WHAT', many: true, text: 'overlay, user-namespaces, or a module' },
    ],
    stopAtWord: true,
    words: [0, Infinity],
    load: async () => (await import('./vm.ts')).vm,
  },
  {
    name: 'reset',
    since: 1,
    usage: 'reset [--dry-run] [--force] [--images] [--all]',
    summary: 'find and remove what crashes and experiments left behind',
    flags: [
      { long: 'dry-run', text: 'only say what would be removed' },
      { long: 'force', short: 'f', text: 'end the containers that run, too' },
      { long: 'images', text: 'remove the images that no container stands on, too' },
      { long: 'all', text: 'remove groups that this data root does not know, too' },
      format,
    ],
    words: [0, 0],
    load: async () => (await import('./reset.ts')).reset,
  },
]

/** How a command is typed in a chapter: the first two know no images. */
export function usageIn(chapter: number, usage: string): string {
  return chapter < 3 ? usage.replace('IMAGE [COMMAND [ARG…]]', 'COMMAND [ARG…]') : usage
}
