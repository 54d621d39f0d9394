/** What it promises of a container, kept from here on and broken before. */
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, vi } from 'vitest'
import { tryReadlink } from '../../runtime/files.ts'
import { rootWithBusybox } from '../../test/busybox.ts'
import type { Candidate, Promised } from '../../test/promised.ts'
import { scratch } from '../../test/scratch.ts'
import { start, stepbox } from '../../test/stepbox.ts'

export const promises: Promised[] = [
  {
    promise: 'who is let in has the namespaces, the groups, the root and the limits of process 1',
    see: likeProcessOne,
    kept: 'like process 1',
    broken: 'nobody is let in',
  },
  {
    promise: 'a link that a container puts in the way of a copy leads to nothing of the host',
    see: copiedByLink,
    kept: 'read nothing, written nothing',
    broken: 'read of the host, written on the host',
  },
  {
    promise: 'a container whose check fails is unhealthy, and one whose check passes is healthy',
    see: healthFound,
    kept: 'bad is unhealthy, good is healthy',
    broken: 'bad is unknown, good is unknown',
  },
]

/** What a copy out of a directory that is a link, and into it, finds on the host. */
async function copiedByLink({ number }: Candidate): Promise<string> {
  const setting = { root: await rootWithBusybox(), env: { STEPBOX_CHAPTER: String(number) } }
  const say = (...args: string[]) => stepbox(args, setting)
  const [host, got] = [join(scratch(), 'precious'), join(scratch(), 'got')]
  mkdirSync(host)
  writeFileSync(join(host, 'secret'), 'of the host')
  const script = `ln -s ${host} /link; echo ready; exec sleep 1000`
  await say('run', '-d', '--name', 'it', 'busybox', 'sh', '-c', script)
  onTestFinished(async () => void (await say('rm', '-f', 'it')))
  const isReady = async () => expect((await say('logs', 'it')).out).toBe('ready\n')
  await vi.waitFor(isReady, { timeout: 20_000 })
  const isKnown = (await say('cp', 'it:/etc/passwd', `${got}-passwd`)).code === 0
  const pid = (await say('inspect', '-f', '{{.State.Pid}}', 'it')).out.trim()
  const byPath = (from: string, to: string) => copyFileSync(from, to)
  if (isKnown) await say('cp', 'it:/link/secret', got)
  else byPath(`/proc/${pid}/root/link/secret`, got)
  if (isKnown) await say('cp', import.meta.filename, 'it:/link/new')
  else byPath(import.meta.filename, `/proc/${pid}/root/link/new`)
  const read = existsSync(got) ? readFileSync(got, 'utf8') : 'nothing'
  return `read ${read}, written ${existsSync(join(host, 'new')) ? 'on the host' : 'nothing'}`
}

async function healthFound({ number }: Candidate): Promise<string> {
  const setting = { root: await rootWithBusybox(), env: { STEPBOX_CHAPTER: String(number) } }
  const say = async (...args: string[]) => (await stepbox(args, setting)).out.trim()
  const checks = { bad: 'unhealthy', good: 'healthy' }
  const found = Object.entries(checks).map(async ([name, wanted]) => {
    const flags = ['--health-interval', '50ms', '--health-retries', '1', '--health-cmd']
    const check = name === 'good' ? 'true' : 'false'
    const id = await say('run', '-d', '--name', name, ...flags, check, 'busybox', 'sleep', '1000')
    if (id === '') return `${name} is unknown`
    onTestFinished(async () => void (await say('rm', '-f', name)))
    const status = () => say('inspect', '-f', '{{.State.Health.Status}}', name)
    await vi.waitFor(async () => expect(await status()).toBe(wanted), { timeout: 30_000 })
    return `${name} is ${await status()}`
  })
  return (await Promise.all(found)).join(', ')
}

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
