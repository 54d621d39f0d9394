/** What of a process no namespace holds: limits, priorities, signals, capability sets, rights. */
import { signalNamed } from '../../kernel-names.ts'
import { statFields } from '../../process.ts'
import { procText, statusOf } from '../proc.ts'

/** Values of a process by topic and name, as observations and recordings have them. */
export type Details = Record<string, Record<string, string>>

/** Look at process `pid`; what cannot be read is empty. */
export function attributesOf(pid: number): Details {
  const status = statusOf(pid)
  const field = (name: string) => status.get(name)?.trim().replace(/\s+/g, ' ') ?? ''
  const stat = statFields(pid) ?? []
  return {
    user: { groups: field('Groups') || '(none)' },
    capabilities: {
      inheritable: field('CapInh'),
      permitted: field('CapPrm'),
      bounding: field('CapBnd'),
      ambient: field('CapAmb'),
    },
    rlimit: limitsOf(pid),
    scheduler: {
      policy: policies[Number(stat[41])] ?? '',
      nice: stat[19] ?? '',
      processors: field('Cpus_allowed_list'),
    },
    OOM: { oom_score_adj: procText(pid, 'oom_score_adj').trim() },
    personality: { persona: procText(pid, 'personality').trim() },
    signals: {
      blocked: signalsIn(field('SigBlk')),
      ignored: signalsIn(field('SigIgn')),
      caught: signalsIn(field('SigCgt')),
    },
    security: { no_new_privs: field('NoNewPrivs'), seccomp: field('Seccomp') },
  }
}

/** By number, see sched(7). */
const policies = ['other', 'fifo', 'rr', 'batch', '', 'idle', 'deadline']

/** `open files` → `1024, at most 4096`, from lines in columns (proc_pid_limits(5)). */
function limitsOf(pid: number): Record<string, string> {
  const rows = procText(pid, 'limits').matchAll(/^Max (.+?) {2,}(\S+) +(\S+)/gm)
  return Object.fromEntries(
    [...rows].map(([, name = '', soft, hard]) => [name, `${soft}, at most ${hard}`]),
  )
}

/** The names of the signals in a mask of hexadecimal digits: bit 0 is signal 1. */
function signalsIn(mask: string): string {
  const bits = mask === '' ? 0n : BigInt(`0x${mask}`)
  const numbers = Array.from({ length: 64 }, (_, at) => at + 1)
  const set = numbers.filter((each) => (bits >> BigInt(each - 1)) & 1n)
  const names = set.map((each) => signalNamed(each).replace('SIG', ''))
  return names.length === numbers.length ? 'all' : names.join(' ') || 'none'
}
