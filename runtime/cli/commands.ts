/** The commands that every chapter has, and those that need no more than what containers have. */
import type { CommandSpec, Flag } from '../command-line.ts'

const format: Flag = { long: 'format', value: 'json', text: 'print JSON, in a stable shape' }
const quiet: Flag = { long: 'quiet', short: 'q', text: 'ids only' }

/** The step-by-step side of `run`. */
const stepFlags: Flag[] = [
  { long: 'trace', text: 'show each call with its result and duration' },
  { long: 'step', text: 'stop before each call; see what it changed' },
  { long: 'without', value: 'N|CALL', text: 'leave a line out, on a pretend machine' },
  { long: 'record', value: 'FILE', text: 'write the walk to a file, for replay' },
]

export const basics: CommandSpec[] = [
  {
    name: 'run',
    usage: 'run [FLAGS] IMAGE [COMMAND [ARG…]]',
    summary: 'run a command in a new container',
    flags: stepFlags,
    stopAtWord: true,
    words: [1, Infinity],
    load: async () => (await import('./run.ts')).runCommand,
  },
  {
    name: 'plan',
    usage: 'plan [FLAGS] IMAGE [COMMAND [ARG…]]',
    summary: 'print the system calls that run would make; makes none, needs no root',
    flags: [{ long: 'since', text: 'mark what this chapter added' }, format],
    sharesFlagsOf: 'run',
    stopAtWord: true,
    words: [1, Infinity],
    load: async () => (await import('./plan.ts')).planCommand,
  },
  {
    name: 'break',
    usage: 'break [--all] [LINE…]',
    summary: 'leave lines of a chapter out: predict what happens, and see',
    flags: [{ long: 'all', short: 'a', text: 'the table of all consequences' }, format],
    words: [0, Infinity],
    load: async () => (await import('./break.ts')).breakCommand,
  },
  {
    name: 'replay',
    usage: 'replay FILE',
    summary: 'walk through a recorded start, forward and backward',
    flags: [],
    words: [1, 1],
    load: async () => (await import('./replay.ts')).replay,
  },
  {
    name: 'ps',
    usage: 'ps [-a] [-q]',
    summary: 'list containers',
    flags: [{ long: 'all', short: 'a', text: 'those that have ended too' }, quiet, format],
    words: [0, 0],
    needs: ({ keeps }) => keeps,
    load: async () => (await import('./ps.ts')).ps,
  },
  {
    name: 'rm',
    usage: 'rm [-f] CONTAINER…',
    summary: 'remove containers, with what they wrote',
    flags: [{ long: 'force', short: 'f', text: 'kill it first if it runs' }],
    words: [1, Infinity],
    needs: ({ keeps }) => keeps,
    load: async () => (await import('./ps.ts')).rm,
  },
  {
    name: 'inspect',
    usage: 'inspect NAME…',
    summary: 'everything that is known of containers and images, as JSON',
    flags: [format],
    words: [1, Infinity],
    needs: ({ keeps }) => keeps,
    load: async () => (await import('./inspect.ts')).inspect,
  },
  {
    name: 'images',
    usage: 'images [-q] [--digests]',
    summary: 'list images',
    flags: [quiet, { long: 'digests', text: 'show the digests of manifests' }, format],
    words: [0, 0],
    needs: ({ root }) => root === 'layers',
    load: async () => (await import('./images.ts')).images,
  },
]

export const tools: CommandSpec[] = [
  {
    name: 'x-ray',
    usage: 'x-ray [--watch] CONTAINER',
    summary: 'a running container and its host, side by side',
    flags: [{ long: 'watch', text: 'draw again each second; q ends it' }, format],
    words: [1, 1],
    needs: ({ keeps }) => keeps,
    load: async () => (await import('./xray.ts')).xrayCommand,
  },
  {
    name: 'doctor',
    usage: 'doctor',
    summary: 'what this machine can do, and for which chapters that is enough',
    flags: [format],
    words: [0, 0],
    load: async () => (await import('./doctor.ts')).doctor,
  },
  {
    name: 'vm',
    usage: 'vm [FLAGS] [-- COMMAND [ARG…]] | vm [FLAGS] test [N] | vm build',
    summary: 'a machine with a kernel of its own, which may be broken',
    flags: [
      { long: 'kernel', value: 'WHICH', text: 'stable, backports, or the FILE.deb of one' },
      { long: 'memory', short: 'm', value: '1g', text: 'how much memory it has' },
      { long: 'cpus', value: '2', text: 'how many processors it has' },
      { long: 'disk', value: '2g', text: 'how large its disk is' },
      { long: 'swap', value: '512m', text: 'give it this much swap' },
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
    load: async () => (await import('./reset.ts')).resetCommand,
  },
]
