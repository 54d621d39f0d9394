/** What is often believed of namespaces, tried. */
import type { Misconception } from '../../runtime/consequence.ts'
import type { Step } from '../../runtime/step.ts'

const waits = 'echo ready; read line'
const is = (name: string) => (step: Step) => step.call[0] === name

export const misconceptions: Misconception[] = [
  {
    name: 'no-private',
    belief: 'a mount namespace of its own is enough; nothing has to be made private',
    alter: (list) => list.filter(({ call }) => !(call[0] === 'mount' && call[2] === '/')),
    consequence:
      "the container's /proc appears on the machine: the copies of shared mounts are peers",
    see: {
      inside: waits,
      outside: `awk '$5 == "/proc"' /proc/$machine/mountinfo | wc -l`,
      kept: '1',
      broken: '2',
    },
  },
  {
    name: 'no-fork',
    belief: 'unshare(CLONE_NEWPID) moves the process that calls it',
    alter: (list) => list.filter((step) => !is('fork')(step)),
    consequence: 'only children move: the first to end was process 1, and no other can be born',
    see: {
      inside: 'sh -c :; sh -c "echo a second one" 2> /dev/null; true',
      kept: 'a second one',
      broken: '',
    },
  },
  {
    name: 'old-proc',
    belief: 'a pid namespace is enough for ps to show nothing but the container',
    alter: (list) => list.filter(({ call }) => !(call[0] === 'mount' && call[2] === '/proc')),
    consequence: "ps reads /proc, and that is still the host's, with the host's numbers",
    see: { inside: 'read id rest < /proc/self/stat; echo $id', kept: '1', broken: '\\d{2,}' },
  },
]
