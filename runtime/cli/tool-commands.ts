/** The commands that look at containers, at this machine and at the program itself. */
import type { CommandSpec, Flag } from '../command-line.ts'

const json: Flag = { long: 'format', value: 'json', text: 'print JSON, in a stable shape' }
const format: Flag = {
  ...{ long: 'format', short: 'f', value: 'json|TEMPLATE' },
  text: 'print JSON, or by a Go template',
}

export const tools: CommandSpec[] = [
  {
    name: 'info',
    usage: 'info [FLAGS]',
    summary: 'what is there: containers, images, this machine, what protects it',
    flags: [format],
    examples: ["stepbox info -f '{{.CgroupVersion}}'"],
    words: [0, 0],
    load: async () => (await import('./info.ts')).info,
  },
  {
    name: 'version',
    usage: 'version [FLAGS]',
    summary: 'the versions of Stepbox, Node and the kernel',
    flags: [format],
    examples: ["stepbox version -f '{{.Client.Version}}'"],
    words: [0, 0],
    load: async () => (await import('./version.ts')).versionCommand,
  },
  {
    name: 'completion',
    usage: 'completion bash|zsh|fish',
    summary: 'a script with which the shell completes commands, flags and names',
    flags: [],
    examples: [
      'bash: source <(stepbox completion bash)',
      'zsh:  source <(stepbox completion zsh)',
      'fish: stepbox completion fish | source',
    ],
    stopAtWord: true,
    words: [1, Infinity],
    load: async () => (await import('./completion.ts')).completion,
  },
  {
    name: 'x-ray',
    usage: 'x-ray [--watch] CONTAINER',
    summary: 'a running container and its host, side by side',
    flags: [{ long: 'watch', text: 'draw again each second; q ends it' }, json],
    examples: ['stepbox x-ray NAME', 'stepbox x-ray --watch NAME'],
    keys: ['--watch: q leaves'],
    words: [1, 1],
    needs: ({ keeps }) => keeps,
    load: async () => (await import('./xray.ts')).xrayCommand,
  },
  {
    name: 'doctor',
    usage: 'doctor',
    summary: 'what this machine can do, and for which chapters that is enough',
    flags: [json],
    examples: ['stepbox doctor'],
    words: [0, 0],
    load: async () => (await import('./doctor.ts')).doctor,
  },
  {
    name: 'vm',
    usage: 'vm [FLAGS] [-- COMMAND [ARG…]] | vm [FLAGS] test [N] | vm build',
    summary: 'a machine with a kernel of its own, which may be broken',
    examples: ['stepbox vm', 'stepbox vm --swap 512m -- uname -r', 'stepbox vm test 3'],
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
    examples: ['stepbox reset --dry-run', 'stepbox reset --images'],
    flags: [
      { long: 'dry-run', text: 'only say what would be removed' },
      { long: 'force', short: 'f', text: 'end the containers that run, too' },
      { long: 'images', text: 'remove the images that no container stands on, too' },
      { long: 'all', text: 'remove groups that this data root does not know, too' },
      json,
    ],
    words: [0, 0],
    load: async () => (await import('./reset.ts')).resetCommand,
  },
]
