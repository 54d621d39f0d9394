/** What it promises of a container, kept from here on and broken before. */
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { onTestFinished } from 'vitest'
import { tryReadlink } from '../../runtime/files.ts'
import { rootWithBusybox } from '../../test/busybox.ts'
import type { Candidate, Promised } from '../../test/promised.ts'
import { start, stepbox } from '../../test/stepbox.ts'

export const promises: Promised[] = [
  {
    promise: 'who is let in has the namespaces, the groups, the root and the limits of process 1',
    see: likeProcessOne,
    kept: 'like process 1',
    broken: 'nobody is let in',
  },
]

/** In what a newcomer differs from process 1, as the host sees it. */
async function likeProcessOne({ number }: Candidate): Promise<string> {
  const setting = { root: await rootWithBusybox(), env: { STEPBOX_CHAPTER: String(number) } }
  const say = async (...args: string[]) => (await stepbox(args, setting)).out.trim()
  const limits = ['--memory', '64m', '--ulimit', 'nofile=100', '--oom-score-adj', '5']
  await say('run', '-d', '--name', 'it', ...limits, 'busybox', 'sleep', '1000')
  onTestFinished(async () => void (await stepbox(['rm', '-f', 'it'], setting)))
  const first = Number(await say('inspect', '-f', '{{.State.Pid}}', 'it'))
  const newcomer = start(['exec', 'it', 'sh', '-c', 'echo in; exec sleep 1000'], setting)
  const isIn = await newcomer.says('in\n').then(
    () => true,
    () => false, // ignoring why: no such command
  )
  const guest = isIn ? others(first)[0] : undefined
  if (guest === undefined) return 'nobody is let in'
  const [own, its] = [recordOf(first), recordOf(guest)]
  const different = Object.keys(own).filter((name) => own[name] !== its[name])
  return different.join(', ') || 'like process 1'
}

/** The other processes in the pid namespace of `pid`. */
function others(pid: number): number[] {
  const isIn = (each: number) => tryReadlink(`/proc/${each}/ns/pid`) === namespace(pid, 'pid')
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return all.map(Number).filter((each) => each !== pid && isIn(each))
}

const namespaces = ['mnt', 'pid', 'uts', 'ipc', 'net', 'cgroup', 'user']
const files = ['cgroup', 'limits', 'oom_score_adj', 'mountinfo', 'loginuid']
const fields = ['Uid', 'Gid', 'Groups', 'CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'NoNewPrivs']

/** What the kernel has on record about process `pid`, by name. */
function recordOf(pid: number): Record<string, string> {
  const read = (name: string) => readFileSync(`/proc/${pid}/${name}`, 'utf8')
  const status = read('status')
  const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? ''
  const { dev, ino } = statSync(`/proc/${pid}/root`)
  return {
    root: `${dev}:${ino}`,
    'working directory': readlinkSync(`/proc/${pid}/cwd`),
    ...Object.fromEntries(namespaces.map((name) => [name, namespace(pid, name)])),
    ...Object.fromEntries(files.map((name) => [name, read(name)])),
    ...Object.fromEntries(['Umask', ...fields].map((name) => [name, field(name)])),
  }
}

function namespace(pid: number, name: string): string {
  return readlinkSync(`/proc/${pid}/ns/${name}`)
}
