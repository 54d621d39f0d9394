/**
 * A worker apart: a process that judges one submission, started by a list of system calls like any
 * container. It sees the host's files, but its processes, control groups and the directory that it
 * writes to are its own, so whatever it starts ends with it, and fills no disk but its own.
 */
import { join } from 'node:path'
import { closeInherited, privateMounts, proc, processIds } from '../../01-namespaces/namespaces.ts'
import { groupDirs, group as groupSteps, joinGroup, type Group } from '../../02-cgroups/cgroup.ts'
import { lookAtCgroups } from '../../02-cgroups/cgroups.ts'
import { killAll, removeGroup } from '../../02-cgroups/group-control.ts'
import { namesIn } from '../../files.ts'
import { launch } from '../../native.ts'
import { identify, identifySelf } from '../../process.ts'
import { removeTree } from '../../remove-tree.ts'
import { makeStaging } from '../../staging.ts'
import { toolStep, type Step } from '../../step.ts'
import { failureInWords } from '../../strace.ts'
import { groupOfMachine } from '../carrier.ts'
import { trees, treesOf } from '../machine.ts'

export interface Apart {
  /** The data root; the worker gets one of its own. */
  root: string
  /** What it is: a program, with its arguments. */
  argv: string[]
  env: string[]
  /** What it reads on standard input. */
  input: string
  /** Called with each line that it writes. */
  onLine: (line: string) => void
  /** How long it may take. */
  milliseconds: number
  /** Ends it early. */
  signal?: AbortSignal | undefined
}

/** How a worker ended. */
export interface ApartEnd {
  /** `late`: its time was over; `stopped`: by the signal. */
  how: 'done' | 'late' | 'stopped' | 'crashed'
  /** Of one that crashed: what it said last, or which call failed. */
  because: string
}

const memoryBytes = 1536 * 2 ** 20
const pidsMax = 1024

/** The most that it may say: a line for each test takes a few hundred bytes. */
const mostSaid = 16 * 2 ** 20

let count = 0

/** Run a worker to its end. Nothing that it started is left afterwards. */
export async function runApart(wish: Apart): Promise<ApartEnd> {
  const { start = 0 } = identifySelf() ?? {}
  const name = `${ownerPrefix}${process.pid}-${start}-${++count}`
  const own = groupOfMachine(name, memoryBytes, pidsMax)
  const dir = makeStaging(wish.root)
  try {
    return await carriedOut(wish, apart(wish, own, dir))
  } finally {
    await killAll(groupDirs(own))
    await removeGroup(groupDirs(own))
    await removeTree(dir)
  }
}

async function carriedOut(wish: Apart, list: Step[]): Promise<ApartEnd> {
  const { input, onLine, milliseconds, signal } = wish
  const launched = launch(list, { stdio: ['pipe', 'pipe', 'pipe'] })
  let how: ApartEnd['how'] = 'done'
  const stop = (why: ApartEnd['how']) => {
    how = why
    launched.abandon()
  }
  const onAbort = () => stop('stopped')
  const timer = setTimeout(() => stop('late'), milliseconds)
  signal?.addEventListener('abort', onAbort)
  if (signal?.aborted) onAbort()
  const { stdin, stdout, stderr } = launched.process
  stdin?.on('error', () => {}) // ignoring: it has ended, and the outcome says how
  stdin?.end(input)
  hearLines(stdout, onLine, () => stop('crashed'))
  let errors = ''
  stderr?.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-2000)))
  const { exitCode, failure, refused } = await launched.outcome
  clearTimeout(timer)
  signal?.removeEventListener('abort', onAbort)
  if (failure) errors = failureInWords(list, failure.index, failure.errno ?? '')
  const because = refused ?? (errors.trim() || `its exit code was ${exitCode}`)
  return { how: how === 'done' && exitCode !== 0 ? 'crashed' : how, because }
}

/** Read lines. The result begins to count anew how much was said. */
export function hearLines(
  stream: NodeJS.ReadableStream | null,
  onLine: (line: string) => void,
  onTooMuch: () => void,
): () => void {
  let [text, size] = ['', 0]
  stream?.setEncoding('utf8').on('data', (chunk: string) => {
    size += chunk.length
    if (size > mostSaid) return onTooMuch()
    const lines = (text + chunk).split('\n')
    text = lines.pop() ?? ''
    for (const line of lines) onLine(line)
  })
  return () => void (size = 0)
}

/** The list of a worker, from the host to its program. */
function apart({ argv, env }: Apart, own: Group, dir: string): Step[] {
  const step = (call: Step['call'], ignoring?: Step['ignoring']) =>
    toolStep(call, 'part of the worker that judges one submission', ignoring)
  return [
    ...closeInherited(),
    ...groupSteps(own),
    ...processIds(),
    ...joinGroup(own),
    step(['unshare', ['CLONE_NEWNS', 'CLONE_NEWCGROUP', 'CLONE_NEWIPC']]),
    ...privateMounts(),
    ...proc(),
    step(['umount2', '/sys/fs/cgroup', ['MNT_DETACH']], 'EINVAL'),
    ...trees({ ...own, cgroups: treesOf(own) }),
    step(['mount', 'tmpfs', dir, 'tmpfs', ['MS_NOSUID', 'MS_NODEV'], disk]),
    step(['setsid']),
    step(['execvpe', argv[0] ?? '', argv, [...env, `STEPBOX_ROOT=${dir}`]]),
  ]
}

/** All that the machines of a submission write is in memory, and so is counted in its group. */
const disk = 'mode=700,size=256m,nr_inodes=65536'

const ownerPrefix = 'grade-'

/** Remove what a grader that was killed has left: its workers died with it. */
export async function clearLeft(): Promise<void> {
  const { hierarchies } = lookAtCgroups()
  for (const { mount } of hierarchies)
    for (const name of namesIn(mount).filter(isLeft)) {
      await killAll([join(mount, name)])
      await removeGroup([join(mount, name)])
    }
}

function isLeft(name: string): boolean {
  const [, pid, start] = /^stepbox-grade-(\d+)-(\d+)-\d+$/.exec(name) ?? []
  return pid !== undefined && identify(Number(pid))?.start !== Number(start)
}
