/** Looks at this machine and tries what it can do, in a fraction of a second. */
import { chmodSync, existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { groupDirs, type Group } from '../../02-cgroups/cgroup.ts'
import { removeGroup } from '../../02-cgroups/group-control.ts'
import { layOut } from '../../04-overlay/init-layer.ts'
import { nativePath } from '../../native.ts'
import { planOptions, traitsOf, type Chapter } from '../../chapter.ts'
import type { Capability } from '../../chapter-tools.ts'
import type { Container } from '../../options.ts'
import { removeTree } from '../../remove-tree.ts'
import { makeStaging } from '../../staging.ts'
import type { Step } from '../../step.ts'
import { attempt } from './attempt.ts'
import { groupName, groupTries, type GroupTry } from './group-tries.ts'
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
    const groups = Object.entries(groupTries(machine.cgroups))
    const entries = Object.entries(plans) as [Try, Step[]][]
    const found = await Promise.all([
      ...entries.map(async ([name, plan]) => [name, await attempt(plan)] as const),
      ...groups.map(async ([name, each]) => [name, await tryGroups(each)] as const),
      ...added.map(async (each) => [each.name, await tryAdded(each, root)] as const),
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

async function tryAdded({ tried, looked }: Capability, root: string): Promise<Attempt> {
  try {
    const plan = tried()
    const tries = plan.length > 0 ? await attempt(plan) : { ok: true }
    return tries.ok && looked ? { ...tries, look: await looked(root) } : tries
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
    if (dir !== undefined) await removeTree(dir)
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

async function tryGroups({ plan, dirs, said }: GroupTry): Promise<Attempt> {
  return said === undefined ? withGroups(dirs, plan) : { ok: false, said }
}

async function withGroups(dirs: string[], plan: Step[]): Promise<Attempt> {
  try {
    return await attempt(plan)
  } finally {
    await removeGroup(dirs.filter((dir) => existsSync(dir)))
  }
}

/** Try the list of each chapter, which may be one that a learner is writing. */
async function tryLists(machine: Machine, rows: Chapter[], dir: string): Promise<Tries> {
  const found = rows.map(async ({ number }, at) => {
    const name: Try = `list-${number}`
    try {
      return [name, await tryList(machine, rows.slice(0, at + 1), join(dir, name))] as const
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error)
      return [name, { ok: false, said }] as const
    }
  })
  return Object.fromEntries(await Promise.all(found))
}

/**
 * Try the list of the last of `rows` as `run` makes it, except for the command. The network
 * namespace and the terminal are left out if they do not work: they are capabilities of their own.
 */
async function tryList(machine: Machine, rows: Chapter[], own: string): Promise<Attempt> {
  const { cgroups, tries } = machine
  const has = traitsOf(rows)
  const image = `${own}-image`
  for (const path of [own, image, ...['proc', 'sys', 'dev'].map((each) => join(image, each))])
    mkdirSync(path)
  chmodSync(image, 0o755)
  const files = { hostname: 'stepbox', resolver: '' }
  const group: Group = {
    name: groupName(basename(own)),
    cgroups: has.groups ? cgroups : { hierarchies: [] },
    limits: {},
  }
  const options = planOptions(rows, {
    argv: ['true'],
    hostname: 'stepbox',
    network: tries['network-namespace']?.ok ? 'none' : 'host',
    group,
    root: image,
    layers: has.root === 'layers' ? layOut(own, [image], files) : [],
    dir: own,
    ...(tries.terminal?.ok ? { terminal: { rows: 24, columns: 80 } } : {}),
  })
  const asked = { argv: ['true'], env: [], hostname: 'stepbox' }
  const container = { ...asked, id: basename(own), chapter: rows.length } as unknown as Container
  const setting = { container, root: own, dir: own }
  Object.assign(options, ...rows.map(({ planned }) => planned?.(setting)))
  Object.assign(options, ...rows.map(({ tried }) => tried?.()))
  const list = (await rows.at(-1)?.plan(options)) ?? []
  const isTried = ({ call }: Step) =>
    call[0] !== 'execvpe' && !(call[0] === 'write' && call[1].endsWith('subtree_control'))
  return withGroups(groupDirs(group), list.filter(isTried))
}
