/** /proc and /sys: what a container must not be able to change in the host's kernel. */
import type { Check, Facts } from '../../../runtime/chapter-lab.ts'
import type { Seen } from '../../../runtime/lab-findings.ts'
import { sentence } from '../../../runtime/sentence.ts'
import { tryOut } from './findings.ts'

const planner = { exercise: 'planner', points: 1, isBlackBox: true } as const

/** Parts of /proc; which of them exist depends on the kernel. */
const parts = ['sys', 'sysrq-trigger', 'bus', 'fs', 'irq']

export const kernelChecks: Check[] = [
  {
    id: 'settings-closed',
    ...planner,
    claim: sentence("the settings of the host's kernel in /proc cannot be changed"),
    judge: (bench) => {
      const { word } = bench
      const did = sentence('wrote to /proc/sys/kernel/domainname and /proc/self/oom_score_adj')
      const script = [
        `for name in ${parts.join(' ')}; do [ -e /proc/$name ] && echo has $name; done`,
        `(echo ${word} > /proc/sys/kernel/domainname) 2>&1`,
        'read name < /proc/sys/kernel/domainname; echo now $name',
        '(echo 10 > /proc/self/oom_score_adj) 2>&1 && echo adjusted',
      ].join('\n')
      return tryOut(bench, { did, script }, (facts, { out }) => settings(facts, out(), word))
    },
  },
  {
    id: 'sys-read-only',
    ...planner,
    claim: sentence('/sys shows devices, and cannot be written'),
    judge: (bench) => {
      const did = sentence('listed the network devices in /sys, and read the options of that mount')
      return tryOut(bench, { did, script: 'echo /sys/class/net/*' }, ({ mounts }, { out }) => {
        const expected = sentence('a read-only sysfs with the devices of its own network: lo')
        const mount = mounts.findLast(({ target }) => target === '/sys')
        if (mount?.type !== 'sysfs')
          return {
            expected,
            saw: sentence('nothing is mounted on /sys, or it is no sysfs'),
            means: sentence('programs find no devices: the image brings an empty directory'),
            hint: sentence(
              '/proc was empty, too, until something was mounted: which type shows devices?',
            ),
          }
        if (!isReadOnly(mount.options))
          return {
            expected,
            saw: sentence('/sys is mounted {options}', { options: mount.options }),
            means: sentence("root inside can change the host's devices through /sys"),
            hint: sentence('which flag of mount(2) makes the whole mount read-only?'),
          }
        if (out().trim() === '/sys/class/net/lo') return undefined
        return {
          expected,
          saw: sentence('it shows {found}', { found: out().trim().slice(0, 100) }),
          means: sentence("this sysfs belongs to another network namespace than the container's"),
          hint: sentence('a sysfs shows the network of the process that mounts it'),
        }
      })
    },
  },
]

function settings({ mounts }: Facts, out: string, word: string): Seen | undefined {
  const expected = sentence('the first write is refused, the second one is not')
  const has = (line: string) => out.split('\n').includes(line)
  const there = parts.filter((name) => has(`has ${name}`))
  const at = (path: string) => mounts.findLast(({ target }) => target === path)?.options
  const stateOf = (name: string) => at(`/proc/${name}`)
  const open = there.filter((name) => !isReadOnly(stateOf(name) ?? at('/proc') ?? ''))
  if (there.length === 0)
    return {
      expected,
      saw: sentence('there is no /proc/sys in the container'),
      means: sentence('no /proc is mounted in the root that the command has'),
      hint: sentence('is the root exchanged before /proc is mounted?'),
    }
  const [first] = open
  if (first !== undefined && stateOf(first) !== undefined)
    return {
      expected,
      saw: sentence('/proc/{first} is a mount, with the options {options}', {
        ...{ first, options: stateOf(first) ?? '' },
      }),
      means: sentence('mount(2) ignores MS_RDONLY in the call that binds'),
      hint: sentence('which flag, together with MS_BIND, changes the options of a mount?'),
    }
  if (first !== undefined)
    return {
      expected,
      saw: has(`now ${word}`)
        ? sentence('what was written is in effect: the kernel took a new domain name')
        : sentence('/proc/{first} is no read-only mount', { first }),
      means: sentence("root inside can change the host's kernel through /proc/{first}", { first }),
      hint: sentence('a directory cannot be read-only, but a mount can'),
    }
  if (has('adjusted')) return undefined
  return {
    expected,
    saw: sentence('both are refused: a process cannot write to its own files in /proc'),
    means: sentence('all of /proc is read-only, and not only the parts that are the kernel'),
    hint: sentence('the contract names the parts that are to be protected'),
  }
}

function isReadOnly(options: string): boolean {
  return options.split(',').includes('ro')
}
