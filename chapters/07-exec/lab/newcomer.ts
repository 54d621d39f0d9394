/** Lets somebody into a container of a check, by the lines that a learner has written. */
import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { command, session } from '../../../runtime/01-namespaces/command.ts'
import { closeInherited } from '../../../runtime/01-namespaces/namespaces.ts'
import { lookAtCgroups } from '../../../runtime/02-cgroups/cgroups.ts'
import { channels, nextFd, standardStreams } from '../../../runtime/03-pivot-root/streams.ts'
import { child, type Target } from '../../../runtime/07-exec/enter.ts'
import type { Call } from '../../../runtime/calls.ts'
import { planOptions } from '../../../runtime/chapter.ts'
import type { Bench, Box, Facts, Finding } from '../../../runtime/chapter-lab.ts'
import { tryRead, tryReadlink } from '../../../runtime/files.ts'
import type { NamespaceFlag } from '../../../runtime/flag-names.ts'
import { launch } from '../../../runtime/native.ts'
import { identify } from '../../../runtime/process.ts'
import { sentence, type Sentence } from '../../../runtime/sentence.ts'
import { toolStep, type Step } from '../../../runtime/step.ts'

export const file = 'runtime/07-exec/enter.ts'

const flags: Record<string, NamespaceFlag> = {
  ipc: 'CLONE_NEWIPC',
  uts: 'CLONE_NEWUTS',
  net: 'CLONE_NEWNET',
  cgroup: 'CLONE_NEWCGROUP',
  pid: 'CLONE_NEWPID',
  mnt: 'CLONE_NEWNS',
}

export const kinds = Object.keys(flags)

/** How the lines have fared. */
export interface LetIn {
  /** What the kernel shows of the newcomer, while it waits; undefined if the list failed. */
  seen?: { namespaces: Record<string, string>; groups: string; cwd: string }
  /** The call that failed, with its errno. */
  failure?: { call: string; errno: string }
  /** The lines ask for something else than to enter this container. */
  refused?: Sentence
}

/** The container that is to be entered, or why there is none. */
export async function openBox(bench: Bench, did: Sentence): Promise<Box | Finding> {
  const box = await bench.run({ script: 'true', then: 'true' })
  if (box.facts) return box
  const saw = sentence('the list came to its end, and no command was running')
  const expected = sentence('the command runs')
  const why = { means: sentence('no container'), hint: sentence('is there a plan?') }
  return { did, expected, saw, ...why }
}

/** The process that a newcomer is to be like. */
export function targetOf(facts: Facts): Target {
  const own = (kind: string) => tryReadlink(`/proc/self/ns/${kind}`)
  const joined = kinds.filter((kind) => facts.namespaces[kind] !== own(kind))
  return {
    pid: facts.pid,
    start: identify(facts.pid)?.start ?? 0,
    namespaces: joined.flatMap((kind) => flags[kind] ?? []),
    members: membersIn(facts.groups),
  }
}

/** The name of a container's group in the lab. */
export const boxGroup = /\/stepbox-box$/

function membersIn(groups: Record<string, string>): string[] {
  const { hierarchies } = lookAtCgroups()
  return hierarchies.flatMap(({ mount, version }) => {
    const kind = basename(mount).split(',')[0] ?? ''
    const known = Object.entries(groups).find(([name]) =>
      version === 2 ? name === '' : name.split(',').includes(kind),
    )
    const isIts = known && boxGroup.test(known[1])
    return isIts ? [join(mount, known[1], version === 1 ? 'tasks' : 'cgroup.procs')] : []
  })
}

interface Entering {
  target: Target
  /** The steps of the learner's, as JSON. */
  groups: unknown
  namespaces: unknown
  directory?: unknown
  cwd?: string
}

/** Of the newcomer; its command waits until it was looked at. */
const options = planOptions([], {
  argv: ['sh', '-c', 'echo ready; read -r end'],
  env: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin'],
  streams: { hasInput: true, isJoined: false },
})

/** After the streams, and a directory of the host. */
export const pidFd = nextFd(options) + 1

/** Carry out the lines, around which everything is as in exec. A directory of the host is open. */
export async function letIn({ target, ...asked }: Entering): Promise<LetIn> {
  const own = { groups: stepsIn(asked.groups), namespaces: stepsIn(asked.namespaces) }
  const directory = stepsIn(asked.directory ?? [])
  const all = [...own.groups, ...own.namespaces, ...directory]
  const wrong = all.find(({ call }) => !mayBeMade(call, target, asked.cwd))
  const clones = all.filter(({ call }) => call[0] === 'clone_parent')
  if (wrong || clones.length > 1) {
    const name = String((wrong ?? clones[1])?.call[0])
    const refused = sentence('the lines have {name} with other arguments, or too often', { name })
    return { refused }
  }
  const list = [
    ...closeInherited(),
    ...channels(options),
    toolStep(['open', '/', ['O_RDONLY'], 0], 'a directory of the host, to be left behind'),
    ...child(),
    ...own.groups,
    ...own.namespaces,
    ...session(),
    ...directory,
    ...standardStreams(options),
    ...command(options),
  ]
  return carriedOut(list)
}

function stepsIn(value: unknown): Step[] {
  if (!Array.isArray(value)) return []
  return value.filter((each) => Array.isArray((each as Partial<Step> | null)?.call)) as Step[]
}

/** Only these calls, so that a list of a learner's enters this container and does nothing else. */
function mayBeMade(call: Call, { pid, members }: Target, cwd = '/'): boolean {
  const [name, ...args] = call as [string, ...unknown[]]
  if (name === 'write') return members.includes(String(args[0])) && args[1] === '0'
  if (name === 'pidfd_open') return args[0] === pid && typeof args[1] === 'number'
  if (name === 'setns_pidfd')
    return args[0] === pidFd && /^CLONE_NEW[A-Z]{2,6}$/.test(String(args[1]))
  if (name === 'close') return args[0] === pidFd
  if (name === 'prctl_dumpable') return args[0] === 0
  if (name === 'prctl') return args[0] === 'PR_SET_PDEATHSIG' && args[1] === 'SIGKILL'
  if (name === 'chdir') return args[0] === cwd
  return (name === 'clone_parent' || name === 'getcwd') && args.length === 0
}

async function carriedOut(list: Step[]): Promise<LetIn> {
  const launched = launch(list, { stdio: ['pipe', 'pipe', 'ignore'] })
  const births = list.flatMap(({ call }, at) => (/^(fork|clone_parent)$/.test(call[0]) ? [at] : []))
  let pid = 0
  const { stdin, stdout } = launched.process
  stdin?.on('error', () => {}) // ignoring: it has ended
  const isReady = new Promise<boolean>((resolve) => {
    stdout?.once('data', () => resolve(true))
    stdout?.once('close', () => resolve(false))
  })
  for await (const { index, result } of launched.reports) {
    if (births.includes(index)) pid = result
    if (index === births.at(-1)) break
  }
  const seen = (await isReady) && isThere(pid) ? recordOf(pid) : undefined
  stdin?.end('\n')
  const { failure } = await launched.outcome
  if (!failure) return seen ? { seen } : {}
  return { failure: { call: String(list[failure.index]?.call[0]), errno: failure.errno ?? '' } }
}

function isThere(pid: number): boolean {
  return readdirSync('/proc').includes(String(pid))
}

function recordOf(pid: number): NonNullable<LetIn['seen']> {
  const link = (kind: string) => tryReadlink(`/proc/${pid}/ns/${kind}`) ?? ''
  return {
    namespaces: Object.fromEntries(kinds.map((kind) => [kind, link(kind)])),
    groups: tryRead(`/proc/${pid}/cgroup`) ?? '',
    cwd: tryReadlink(`/proc/${pid}/cwd`) ?? '',
  }
}
