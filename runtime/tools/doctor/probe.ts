/** Looks at this machine and tries what it can do, in a fraction of a second. */
import { chmodSync, existsSync, mkdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { group, groupDirs, joinGroup, type Group, type Limits } from '../../02-cgroups/cgroup.ts'
import { removeGroup } from '../../02-cgroups/group-control.ts'
import { layOut } from '../../04-overlay/init-layer.ts'
import { nativePath } from '../../native.ts'
import { identify } from '../../process.ts'
import { planOptions, traitsOf, type Chapter } from '../../chapter.ts'
import type { Capability } from '../../chapter-tools.ts'
import { makeStaging } from '../../staging.ts'
import { toolStep, type Step } from '../../step.ts'
import { attempt } from './attempt.ts'
import { look } from './look.ts'
import type { Attempt, Machine, Tries, Try } from './machine.ts'
import { plainTries, storageTries } from './tries.ts'

/**
 * Find out what this machine can do with the data root `root`, and whether the lists of `rows` and
 * the capabilities that they add work. Leaves nothing behind. Tries nothing if there is no native
 * program.
 */
export async function probe(root: string, rows: Chapter[]): Promise<Machine> {
  const machine: Machine = { ...look(root), tries: {} }
  if (machine.platform !== 'linux' || !existsSync(nativePath)) return machine
  const { uid } = machine
  const gid = process.getegid?.() ?? 0
  const added = await capabilitiesOf(rows)
  await onDisk(root, async (dir) => {
    const plans = {
      ...plainTries({ uid, gid }),
      ...(dir === undefined ? {} : storageTries(`${dir}/disk`)),
    }
    const groups = groupTries(machine)
    const entries = Object.entries(plans) as [Try, Step[]][]
    const found = await Promise.all([
      ...entries.map(async ([name, plan]) => [name, await attempt(plan)] as const),
      ...groups.map(async ([name, wanted]) => [name, await tryGroup(name, wanted)] as const),
      ...added.map(async (each) => [each.name, await tryAdded(each)] as const),
    ])
    Object.assign(machine.tries, Object.fromEntries(found))
    if (dir !== undefined) Object.assign(machine.tries, await tryLists(machine, rows, dir))
  }).then((problem) => (machine.tries['data-root'] = problem))
  return machine
}

async function capabilitiesOf(rows: Chapter[]): Promise<Capability[]> {
  const tools = await Promise.all(rows.map((row) => row.tools?.()))
  return tools.flatMap((each) => each?.capabilities ?? [])
}

async function tryAdded({ tried }: Capability): Promise<Attempt> {
  try {
    return await attempt(tried())
  } catch (error) {
    return { ok: false, said: error instanceof Error ? error.message : String(error) }
  }
}

/** Do `work` with a directory under `root`, or without one if it cannot be made. */
async function onDisk(
  root: string,
  work: (dir: string | undefined) => Promise<void>,
): Promise<Attempt> {
  const made = existsSync(root) ? [] : [join(root, 'tmp'), ...missing(root)]
  let dir: string | undefined
  let problem: Attempt = { ok: true }
  try {
    dir = makeStaging(root)
    layOutDisk(join(dir, 'disk'))
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    problem = { ok: false, errno: code, said: `cannot write below ${root}` }
  }
  try {
    await work(problem.ok ? dir : undefined)
  } finally {
    if (dir !== undefined) rmSync(dir, { recursive: true, force: true })
    for (const path of made) removeIfEmpty(path)
  }
  return problem
}

/** The directories that must be made for `path` to exist, deepest first. */
function missing(path: string): string[] {
  return existsSync(path) ? [] : [path, ...missing(dirname(path))]
}

function removeIfEmpty(path: string): void {
  try {
    rmdirSync(path)
  } catch {
    // ignoring: another process has begun to use it
  }
}

/** Lay out `dir` as `storageTries` needs it. */
function layOutDisk(dir: string): void {
  for (const name of ['root', 'lower/old', 'upper', 'work', 'merged'])
    mkdirSync(join(dir, name), { recursive: true })
  writeFileSync(join(dir, 'lower/gone'), '')
}

const limits: Partial<Record<Try, Limits>> = {
  cgroups: {},
  'cgroup-cpu': { cpus: 0.5 },
  'cgroup-cpuset': { cpusetCpus: '0' },
  'cgroup-memory': { memoryBytes: 64 * 2 ** 20 },
  'cgroup-pids': { pidsMax: 64 },
  'cgroup-freezer': {},
}

function groupTries({ cgroups }: Machine): [Try, Group][] {
  return (Object.entries(limits) as [Try, Limits][]).map(([name, wanted]) => [
    name,
    { name: groupName(name), cgroups, limits: wanted },
  ])
}

/** Names the process that makes it, so that `reset` can remove it if that is killed. */
function groupName(what: string): string {
  const { pid, start } = identify(process.pid) ?? { pid: process.pid, start: 0 }
  return `stepbox-doctor-${pid}-${start}-${what}`
}

async function tryGroup(name: Try, wanted: Group): Promise<Attempt> {
  let plan: Step[]
  try {
    plan = withoutEnabling([...group(wanted), ...joinGroup(wanted)])
  } catch (error) {
    return { ok: false, said: error instanceof Error ? error.message : String(error) }
  }
  if (plan.length === 0) return { ok: false, said: 'no tree of control groups can be written to' }
  if (name === 'cgroup-freezer') return tryFreezer(wanted)
  return withGroup(wanted, plan)
}

/** Freeze an empty group. */
function tryFreezer(wanted: Group): Promise<Attempt> {
  const made = group(wanted).filter(({ call }) => call[0] === 'mkdir')
  const why = 'a container is stopped while its files are read'
  const trees = wanted.cgroups.hierarchies.filter(({ writable }) => writable)
  const v1 = trees.find(({ controllers }) => controllers.includes('freezer'))
  const v2 = trees.find(({ version }) => version === 2)
  const brake = v1
    ? toolStep(['write', `${v1.mount}/${wanted.name}/freezer.state`, 'FROZEN'], why)
    : v2 && toolStep(['write', `${v2.mount}/${wanted.name}/cgroup.freeze`, '1'], why)
  if (!brake) return Promise.resolve({ ok: false, said: 'none of the trees has a freezer' })
  return withGroup(wanted, [...made, brake])
}

/**
 * Doctor must change nothing, and enabling a controller for the groups of a tree is permanent. If a
 * plan enables one, only making the groups is tried: without it the limit has no file.
 */
function withoutEnabling(plan: Step[]): Step[] {
  const isEnabling = ({ call }: Step) =>
    call[0] === 'write' && call[1].endsWith('/cgroup.subtree_control')
  return plan.some(isEnabling) ? plan.filter(({ call }) => call[0] === 'mkdir') : plan
}

async function withGroup(wanted: Group, plan: Step[]): Promise<Attempt> {
  try {
    return await attempt(plan)
  } finally {
    await removeGroup(groupDirs(wanted).filter((dir) => existsSync(dir)))
  }
}

/**
 * Try the list of each chapter as `run` makes it, except for the command. The network namespace and
 * the terminal are left out if they do not work: they have capabilities of their own.
 */
async function tryLists(machine: Machine, rows: Chapter[], dir: string): Promise<Tries> {
  const { cgroups, tries } = machine
  const found = rows.map(async ({ number, plan }, at) => {
    const upTo = rows.slice(0, at + 1)
    const has = traitsOf(upTo)
    const name: Try = `list-${number}`
    const own = join(dir, name)
    const image = join(dir, `${name}-image`)
    for (const path of [own, image, ...['proc', 'sys', 'dev'].map((each) => join(image, each))])
      mkdirSync(path)
    chmodSync(image, 0o755)
    const isLayered = has.root === 'layers'
    const files = { hostname: 'stepbox', resolver: '' }
    const layers = isLayered ? layOut(own, [image], files) : []
    const wanted: Group = {
      name: groupName(name),
      cgroups: has.groups ? cgroups : { hierarchies: [] },
      limits: {},
    }
    const options = planOptions(upTo, {
      argv: ['true'],
      hostname: 'stepbox',
      network: tries['network-namespace']?.ok ? 'none' : 'host',
      group: wanted,
      root: image,
      layers,
      dir: own,
      ...(tries.terminal?.ok ? { terminal: { rows: 24, columns: 80 } } : {}),
    })
    const list = plan(options)
    const isTried = ({ call }: Step) =>
      call[0] !== 'execvpe' && !(call[0] === 'write' && call[1].endsWith('subtree_control'))
    return [name, await withGroup(wanted, list.filter(isTried))] as const
  })
  return Object.fromEntries(await Promise.all(found))
}
