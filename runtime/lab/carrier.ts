/** Carries out a learner's list on a machine of its own, as `run` with these flags would. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { groupDirs, type Group } from '../02-cgroups/cgroup.ts'
import type { Cgroups } from '../02-cgroups/hierarchies.ts'
import { lookAtCgroups } from '../02-cgroups/cgroups.ts'
import { groupFor } from '../02-cgroups/lifecycle.ts'
import { killAll, removeGroup } from '../02-cgroups/group-control.ts'
import type { Call } from '../calls.ts'
import { traitsOf, type Chapter, type Setting } from '../chapter.ts'
import type { Box, Disk } from '../chapter-lab.ts'
import type { Typed } from '../command-line.ts'
import { newId } from '../container/create.ts'
import { allRules, type CallRules, type Given } from '../lab-rules.ts'
import { launch, type Launch } from '../native.ts'
import { shortId, type Container, type ContainerOptions } from '../options.ts'
import type { PlanOptions } from '../options.ts'
import { removeTree } from '../remove-tree.ts'
import { failureInWords } from '../strace.ts'
import { toolStep, type Step } from '../step.ts'
import { checkedList } from './check-list.ts'
import { diskOf } from './disk.ts'
import type { ImageCopy } from './image.ts'
import { hostCheck } from './host-check.ts'
import { deviceTrees, ownDirectory, ownId } from './leftovers.ts'
import { imageCopy, labMachine, treesOf } from './machine.ts'
import type { Starter } from './orphan.ts'
import { patience } from './patience.ts'

/** What is needed to carry out lists of a chapter. */
export interface Carrier {
  rows: Chapter[]
  /** A data root with room for what is made on the way. */
  root: string
  /** Unpacked layers of busybox, topmost first. */
  layers: string[]
  /** The flags of `run`, as typed. */
  parse: (flags: string[]) => Typed
  /** The list for these options: the learner's, as JSON. */
  plan: (options: PlanOptions) => Promise<unknown>
}

/** A list that is being carried out. */
export interface Carried {
  launched: Launch
  /** The call of the learner's list that failed, once it has. */
  failure: () => Box['failure']
  /** A process of the machine, by the host's number; 0 until there is one. */
  machine: () => number
  disk: Disk
  /** The process that waits for the machine, and to close the socket by which it hears of us. */
  starter: Starter
  /** End everything, and remove what there was. */
  remove: () => Promise<void>
}

/** What is to be carried out. */
export interface Order {
  flags: string[]
  argv: string[]
  /** What the container runs on; without it, the image itself, which cannot be written to. */
  image?: ImageCopy
  /** Layers on top of those. */
  layers?: string[]
  /** What the planner is given beside what the flags say. */
  options?: Partial<PlanOptions>
  /** Only the steps before this one, from 0, and then the command. */
  upTo?: number
  /** The directory of the machine in which the list begins; without it, `/`. */
  from?: string
}

/** Begin to carry out the list for an order. Throws a RefusedList, with nothing left of it. */
export async function carryOut(carrier: Carrier, order: Order): Promise<Carried> {
  const { root, layers, plan } = carrier
  const { flags, image, from = '/' } = order
  const dir = await ownDirectory(root)
  const [box, around] = [join(dir, 'box'), join(dir, 'machine')]
  for (const each of [box, around]) mkdirSync(each, 0o700)
  const id = ownId('lab')
  const own = groupOfMachine(id)
  const devices = deviceTrees().map((tree) => join(tree, `stepbox-${id}`))
  const groups = [...groupDirs(own), ...devices]
  const isHostAsBefore = hostCheck(dir)
  const clear = async () => {
    await killAll(groups)
    await removeGroup(groups)
    isHostAsBefore()
    await removeTree(dir)
  }
  try {
    const options = await optionsFor(carrier, { ...order, typed: carrier.parse(flags), box })
    const trees = treesOf(own)
    Object.assign(options, order.options)
    if (options.group) Object.assign(options.group, { name: boxGroup, cgroups: trees })
    if (options.monitor) options.monitor.groups = groupDirs(options.group)
    const more = [...(order.layers ?? []), ...(image?.layers ?? [])]
    const given = givenFor(options, { box, layers: [...layers, ...more], trees, from })
    const checked = checkedList(await plan(options), given, await addedBy(carrier.rows))
    const learners = cut(checked, options, order.upTo)
    const shared = [box, ...more]
    const first = labMachine({
      ...{ dir: around, group: own, devices, layers, shared, hostname: 'machine', from },
      ...(image ? { image: image.dir } : {}),
    })
    const list = [...first, ...learners]
    const launched = launch(list, { stdio: ['pipe', 'pipe', 'pipe'], stays: true })
    const end = async () => {
      launched.abandon()
      await killAll(groups)
    }
    const timer = setTimeout(() => void end(), patience(mostMs))
    const remove = async () => {
      clearTimeout(timer)
      await end()
      launched.process.kill('SIGCONT') // see livesAlone
      await launched.outcome
      await clear()
    }
    const starter = { pid: launched.pid, leave: launched.abandon }
    const disk = diskOf(box, image)
    return { launched, remove, disk, starter, ...heard(launched, list, first.length) }
  } catch (error) {
    await clear()
    throw error
  }
}

/** The steps before `upTo`, and then the command. */
function cut(list: Step[], { argv, env }: PlanOptions, upTo = list.length): Step[] {
  if (upTo === list.length) return list
  const command: Call = ['execvpe', argv[0] ?? '', argv, env]
  return [...list.slice(0, upTo), toolStep(command, 'to look around')]
}

/** The rules that chapters add for their calls. */
async function addedBy(rows: Chapter[]): Promise<CallRules> {
  const labs = await Promise.all(rows.map((row) => row.lab?.()))
  return allRules(labs.map((lab) => lab?.allows))
}

/** After this time a machine is ended, whatever it does. */
const mostMs = 60_000

interface Around {
  box: string
  layers: string[]
  trees: Cgroups
  from: string
}

/** What a list for these options is given. */
function givenFor(options: PlanOptions, { box, layers, trees, from }: Around): Given {
  const { argv, env, sysctls = {}, oomScoreAdj } = options
  const named = options.layers?.map((name) => join(box, name)) ?? []
  const asked = Object.keys(sysctls).map((name) => `/proc/sys/${name.replaceAll('.', '/')}`)
  const ofNetwork = ['ip_unprivileged_port_start', 'ping_group_range']
  const own = [...ofNetwork.map((name) => `/proc/sys/net/ipv4/${name}`), ...asked]
  const score = oomScoreAdj !== undefined && oomScoreAdj < 0 ? /^-?\d{1,4}$/ : /^\d{1,4}$/
  return {
    ...{ argv, env, root: imageCopy, box, layers: [...layers, ...named], group: boxGroup },
    trees: trees.hierarchies.map(({ mount }) => mount),
    ...{ cwd: from, options },
    settings: {
      '/proc/self/oom_score_adj': score,
      ...Object.fromEntries(own.map((path) => [path, /^[\w ./-]{1,100}$/])),
    },
  }
}

/** The name of the learner's group, in that of its machine. */
const boxGroup = 'stepbox-box'

/** The machine's group is in every tree, so that no list can make a group outside of it. */
export function groupOfMachine(id: string, memoryBytes = 2 ** 30, pidsMax = 512): Group {
  const { cpus } = lookAtCgroups()
  const limits = {
    memoryBytes,
    pidsMax,
    cpuShares: 1024,
    ...(cpus === undefined ? {} : { cpusetCpus: cpus }),
  }
  return groupFor(id, { limits }, () => {}).group // ignoring: a tree that is not there
}

interface Asked extends Order {
  typed: Typed
  /** The container's directory. */
  box: string
}

/** The plan options that `run` would make of the same words. */
async function optionsFor({ rows, root, layers }: Carrier, asked: Asked): Promise<PlanOptions> {
  const { typed, argv, box, layers: above = [], image: copy } = asked
  const image = { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'] }
  const parts = rows.map((row) => row.asked?.({ ...typed, words: argv }, image))
  const id = newId()
  const container: Container = {
    ...(Object.assign({ env: [] }, ...parts) as ContainerOptions),
    ...{ version: 2, id, name: 'box', argv, rm: true, chapter: rows.length },
    ...{ created: new Date(0).toISOString(), status: 'created', monitor: nobody },
    hostname: parts.find((each) => each?.hostname)?.hostname ?? shortId(id),
    streams: { hasInput: !typed.switches.has('detach'), isJoined: false },
    rootfs: (copy?.layers ?? layers).at(-1) ?? '/',
  }
  const warn = () => {} // ignoring: what the machine cannot limit is found by the check
  const all = [...above, ...(copy?.layers ?? layers)]
  const setting: Setting = { container, root, dir: box, layers: async () => all, warn }
  const options = { argv, env: container.env, hostname: container.hostname } as PlanOptions
  if (container.cwd !== undefined) options.cwd = container.cwd
  for (const { prepare } of rows) Object.assign(options, await prepare?.(setting))
  const { identity } = rows.findLast((row) => row.identity) ?? {}
  Object.assign(options, await identity?.(container, options))
  if (traitsOf(rows).root === 'directory') options.root = imageCopy
  return options
}

const nobody = { pid: 0, start: 0, boot: '' }

/** Listens to the reports: the fork of the machine, whose calls come first, and what fails. */
export function heard(launched: Launch, list: Step[], before: number) {
  const fork = list.findIndex(({ call }) => call[0] === 'fork')
  let pid = 0
  let failure: Box['failure']
  const hear = async () => {
    for await (const { index, result, failed, errno = '' } of launched.reports) {
      if (index === fork) pid = result
      const call = list[index]?.call
      if (!failed || !call) continue
      const isLearners = index >= before
      const where = isLearners ? '' : 'the machine could not be made: '
      const own = isLearners ? before : 0
      const [words = ''] = failureInWords(list.slice(own), index - own, errno).split('\n')
      failure = { name: call[0], made: call, call: where + words, errno, index: index - before }
    }
  }
  void hear()
  void launched.outcome.then(({ refused }) => {
    const made = list.at(-1)?.call
    if (refused === undefined || failure || !made) return
    const index = list.length - before
    failure = { name: made[0], made, call: refused, errno: 'EINVAL', index }
  })
  return { machine: () => pid, failure: () => failure }
}
