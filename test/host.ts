/**
 * Tests. What a run may have left on the host, as lines that can be compared.
 *
 * Several runs may share a machine, so each has a mark that all its processes inherit: an unusual
 * timer slack, which survives fork(2), execve(2), new namespaces and another user
 * (PR_SET_TIMERSLACK(2const), proc_pid_timerslack_ns(5)). Files are below the run's own TMPDIR.
 */
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { machineNetwork } from './own-network.ts'

const cgroups = '/sys/fs/cgroup'

/** Mark this process and all that it starts from now on as one run. */
export function markRun(): void {
  if (process.platform !== 'linux') return
  const usualNs = 50_000
  writeFileSync('/proc/self/timerslack_ns', String(usualNs + 1 + (process.pid % 30_000)))
}

/**
 * The name of the machine, every entry of /, every mount, every control group `stepbox*`, every
 * interface and route of its own network that could be a container's, and each process of this run
 * that is Stepbox or lives in another pid namespace.
 */
export function host(): Set<string> {
  if (process.platform !== 'linux') return new Set()
  const inRoot = entries('/').map((name) => `file /${name}`)
  const lines = [`the name ${hostname()}`, ...inRoot, ...mounts(), ...groups(cgroups, 4)]
  return new Set([...lines, ...links(), ...processes()])
}

/**
 * What was not in `before`, and what is in the run's directory `temporary`. What was killed may
 * take a moment to disappear, so only what is there for three seconds counts.
 */
export async function differences(before: Set<string>, temporary: string): Promise<string[]> {
  const look = () => [
    ...[...host()].filter(
      (line) => !before.has(line) && !isElsewhere(line, temporary) && !isOfOthers(line),
    ),
    ...entries(temporary)
      .filter((name) => !isOfTools(name))
      .map((name) => `directory ${name} in TMPDIR`),
  ]
  let lasting = look()
  for (let attempt = 0; attempt < 30 && lasting.length > 0; attempt++) {
    await setTimeout(100)
    const now = new Set(look())
    lasting = lasting.filter((line) => now.has(line))
  }
  return lasting
}

/** A mount where other programs and other runs have their files. */
function isElsewhere(line: string, temporary: string): boolean {
  const [, target] = /^mount \S+ \S+ (\S+)/.exec(line) ?? []
  if (target === undefined || line.includes(temporary)) return false
  const outer = join(temporary, '..')
  return ['/tmp', '/var', '/run', '/mnt', '/media', '/home', outer].some((dir) =>
    target.startsWith(`${dir}/`),
  )
}

/** What tsx and Node keep in a temporary directory. */
function isOfTools(name: string): boolean {
  return /^tsx-|^node-compile-cache$/.test(name)
}

/** The device, the root within it and the target of each mount. */
function mounts(): string[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').trimEnd().split('\n')
  return lines.map((line) => `mount ${line.split(' ').slice(2, 5).join(' ')}`)
}

/** Tests have a network of their own, and leave that of the machine alone. */
function links(): string[] {
  const network = machineNetwork()
  if (network === undefined) return []
  const read = (name: string) => contentOf(network.replace(/ns\/net$/, `net/${name}`)).split('\n')
  const ours = /^\s*(stepbox0|sb-[0-9a-f]{12}|sbv[0-9a-f]{11}\w?)\b/
  const found = [...read('dev'), ...read('route')].flatMap((line) => ours.exec(line)?.[1] ?? [])
  return found.map((name) => `link ${name} in the machine's network`)
}

function groups(dir: string, depth: number): string[] {
  if (depth === 0) return []
  return directoriesIn(dir).flatMap((name) => {
    const path = join(dir, name)
    return name.startsWith('stepbox') ? [`group ${path}`] : groups(path, depth - 1)
  })
}

/**
 * A control group of another run: one with processes of others only, one that names a process of
 * another run, or an empty one while others use Stepbox on this machine: it may be anybody's.
 */
function isOfOthers(line: string): boolean {
  const [, path] = /^group (.*)/.exec(line) ?? []
  if (path === undefined) return false
  const pids = processesIn(path)
  if (pids.length > 0) return !pids.some(isOfThisRun)
  const [, maker] = /\/stepbox-[a-z]+-(\d+)/.exec(path) ?? []
  if (maker !== undefined && link(`/proc/${maker}/exe`) !== '') return !isOfThisRun(maker)
  return entries('/proc').some((pid) => /^\d+$/.test(pid) && !isOfThisRun(pid) && isStepbox(pid))
}

/** The processes of a control group and of those below it. */
function processesIn(group: string): string[] {
  const own = contentOf(join(group, 'cgroup.procs')).split('\n').filter(Boolean)
  return [...own, ...directoriesIn(group).flatMap((name) => processesIn(join(group, name)))]
}

function processes(): string[] {
  const own = link('/proc/self/ns/pid')
  return entries('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid) || !isOfThisRun(pid)) return []
    const program = link(`/proc/${pid}/exe`)
    const namespace = link(`/proc/${pid}/ns/pid`)
    const isOutside = namespace === '' || namespace === own
    if (isOutside && !isStepbox(pid)) return []
    return [`process ${pid} ${program}`]
  })
}

function isOfThisRun(pid: string): boolean {
  return contentOf(`/proc/${pid}/timerslack_ns`) === contentOf('/proc/self/timerslack_ns')
}

function isStepbox(pid: string): boolean {
  const words = contentOf(`/proc/${pid}/cmdline`)
  const isRun = /(dist\/stepbox\.cjs|native\/stepbox|test\/run\.mjs)\0/.test(words)
  return isRun || link(`/proc/${pid}/exe`).startsWith('/memfd:stepbox')
}

function directoriesIn(dir: string): string[] {
  try {
    const all = readdirSync(dir, { withFileTypes: true })
    return all.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  } catch {
    return [] // ignoring: it has gone meanwhile, or this user may not read it
  }
}

function entries(dir: string): string[] {
  try {
    return readdirSync(dir)
  } catch {
    return [] // ignoring: without the directory nothing is left in it
  }
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return '' // ignoring: the process or the group has ended meanwhile
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return '' // ignoring: the process has ended meanwhile
  }
}
