/** Change the limits of a container: of its group while it runs, and of what is on record. */
import { existsSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { Runtime } from '../chapter.ts'
import { markedState, saveKept, saveRunning } from '../container/state.ts'
import { tryRead } from '../files.ts'
import { perform, StepError } from '../native.ts'
import type { Container } from '../options.ts'
import { stepOf, toolStep, type Step } from '../step.ts'
import { binarySize } from '../units.ts'
import { groupDirs, writeLimits, type Group } from './cgroup.ts'
import { checkTogether } from './check-limits.ts'
import { processesIn } from './group-control.ts'
import { groupFor } from './lifecycle.ts'
import type { Limits } from './limits.ts'
import { controllerOf, groupPlaces, prepareTree } from './places.ts'

const step = stepOf(2)

/** Limits that the kernel has to be told together, because one is checked against the other. */
const together: (keyof Limits)[][] = [
  ['memoryBytes', 'memorySwapBytes'],
  ['cpus', 'cpuQuotaUs', 'cpuPeriodUs'],
  ['cpuRtRuntimeUs', 'cpuRtPeriodUs'],
  ['cpusetCpus', 'cpusetMems'],
]

/**
 * The limits after `changes`, and those of them to write. Throws, with the facts that Docker names,
 * if they contradict each other or what is set already.
 */
export function changedLimits(
  before: Limits,
  changes: Limits,
): { limits: Limits; written: Limits } {
  const { memorySwapBytes: swap = 0, cpus, cpuQuotaUs, cpuPeriodUs } = before
  const { memoryBytes = 0, memorySwapBytes } = changes
  if (memorySwapBytes === undefined && swap > 0 && memoryBytes > swap)
    throw new Error(`--memory-swap is ${swap} bytes, less than that: change it at the same time`)
  const isQuota = changes.cpuQuotaUs !== undefined || changes.cpuPeriodUs !== undefined
  if (cpus !== undefined && isQuota)
    throw new Error('it was limited by --cpus: --cpu-quota and --cpu-period conflict with that')
  if ((cpuQuotaUs !== undefined || cpuPeriodUs !== undefined) && changes.cpus !== undefined)
    throw new Error('it was limited by --cpu-quota or --cpu-period: --cpus conflicts with that')
  const limits = { ...before, ...changes }
  checkTogether(limits)
  if (limits.memoryBytes !== undefined) limits.memorySwapBytes ??= 2 * limits.memoryBytes
  const isWritten = (field: string) =>
    field in changes ||
    together.some((all) => all.includes(field as never) && all.some((each) => each in changes))
  const written = Object.entries(limits).filter(([field]) => isWritten(field))
  return { limits, written: Object.fromEntries(written) }
}

/** A group that exists: its directories, and its processes by the host's numbers. */
export interface Made {
  dirs: string[]
  pids: number[]
}

/**
 * Give a group that exists these limits. A container joins only the trees that its flags need: in
 * another one the group is made now, with its limits, and then its processes are moved in.
 */
export function limitSteps(wanted: Group, { dirs, pids }: Made): Step[] {
  const asked = (Object.keys(wanted.limits) as (keyof Limits)[]).map((limit) => controllerOf(limit))
  return groupPlaces(wanted).flatMap((place) => {
    const { dir, wanted: all } = place
    if (!all.some((each) => asked.includes(each))) return []
    const isMade = dirs.includes(dir)
    const changed = all.filter((each) => asked.includes(each))
    const why = 'the group exists only in the trees that it needed so far'
    const moving = 'one process of the container, and all its threads; it may have ended meanwhile'
    return [
      ...prepareTree(place, wanted),
      ...(isMade ? [] : [step(['mkdir', dir, 0o755], why, 'EEXIST')]),
      ...writeLimits(isMade ? { ...place, wanted: changed } : place, wanted),
      ...(isMade ? [] : pids).map((pid) =>
        step(['write', `${dir}/cgroup.procs`, String(pid)], moving, 'ESRCH'),
      ),
    ]
  })
}

/**
 * The calls that change the limits. Memory with swap is never less than memory alone: where the
 * limits grow, version 1 has to be told of the larger one first.
 */
export function updateSteps(wanted: Group, made: Made, before: Limits): Step[] {
  const steps = limitSteps(wanted, made)
  const isFile = (step: Step, name: string) =>
    step.call[0] === 'write' && basename(step.call[1]) === name
  const first = steps.findIndex((step) => isFile(step, 'memory.limit_in_bytes'))
  const second = steps.findIndex((step) => isFile(step, 'memory.memsw.limit_in_bytes'))
  const [one, other] = [steps[first], steps[second]]
  const isGrowing = (wanted.limits.memoryBytes ?? 0) > (before.memoryBytes ?? Infinity)
  return isGrowing && one && other ? steps.with(first, other).with(second, one) : steps
}

/** Change the limits of a container. All of them are changed, or, if one is refused, none. */
export async function updateContainer(
  { root, warn }: Runtime,
  container: Container,
  changes: Limits,
): Promise<void> {
  const { id, status, limits: before = {}, groups = [], cgroupParent } = container
  const { limits, written } = changedLimits(before, changes)
  const asked = { limits: written, ...(cgroupParent === undefined ? {} : { cgroupParent }) }
  const { group, limits: kept } = groupFor(id, asked, warn)
  for (const field of Object.keys(written) as (keyof Limits)[])
    if (!(field in kept)) delete limits[field]
  if (!markedState(root, id)) return saveKept(root, { ...container, limits })
  if (status !== 'running') return amend(root, id, { limits }) // between two starts
  checkUsage(groups, written)
  const all = [...new Set([...groups, ...groupDirs(group)])]
  amend(root, id, { groups: all }) // before they are made: they are removed whatever comes now
  const made = { dirs: groups.filter((dir) => existsSync(dir)), pids: processesIn(groups) }
  await carryOut(updateSteps(group, made, before))
  const fresh = all.filter((dir) => !groups.includes(dir))
  await moveOthers(groups, fresh)
  amend(root, id, { limits })
}

/** Change what is on record of a container that still runs; its end is settled by that record. */
function amend(root: string, id: string, facts: Partial<Container>): void {
  const now = markedState(root, id)
  if (now) saveRunning(root, { ...now, ...facts })
}

/** Version 2 kills processes until a new limit is met, where version 1 refuses it (EBUSY). */
function checkUsage(dirs: string[], { memoryBytes = Infinity }: Limits): void {
  const used = Number(dirs.map((dir) => tryRead(`${dir}/memory.current`) ?? '').join(''))
  if (used > memoryBytes) throw new Error(tooMuch(used, memoryBytes))
}

function tooMuch(used: number, limit: number): string {
  return `it uses ${binarySize(used)} of memory now, more than ${binarySize(limit)}`
}

/** Carry out `steps`; if one fails, write back what was in the files before. */
async function carryOut(steps: Step[]): Promise<void> {
  const back = steps.map(({ call }) => {
    const was = call[0] === 'write' && /\/(cpu|memory|pids|io|blkio)[^/]*$/.test(call[1])
    const text = was ? tryRead(call[1])?.trim() : undefined
    return was && text ? toolStep(['write', call[1], text], 'as it was', 'EINVAL') : undefined
  })
  try {
    await perform(steps)
  } catch (error) {
    if (!(error instanceof StepError)) throw error
    const { index, errno } = error.report
    await perform(back.slice(0, index).reverse().filter((step) => step !== undefined))
    const [name, file, value] = steps[index]?.call ?? []
    const used = Number(tryRead(`${dirname(String(file))}/memory.usage_in_bytes`))
    const isMemory = name === 'write' && errno === 'EBUSY' && used > Number(value)
    throw new Error(isMemory ? tooMuch(used, Number(value)) : error.message, { cause: error })
  }
}

/** Move processes that were born while others were moved. They are few: most are born inside. */
async function moveOthers(from: string[], to: string[]): Promise<void> {
  for (let tries = 0; tries < 20; tries++) {
    const steps = to.flatMap((dir) => {
      const inside = new Set(processesIn([dir]))
      const outside = processesIn(from).filter((pid) => !inside.has(pid))
      return outside.map((pid) =>
        toolStep(['write', `${dir}/cgroup.procs`, String(pid)], 'born meanwhile', 'ESRCH'),
      )
    })
    if (steps.length === 0) return
    await perform(steps)
  }
}
