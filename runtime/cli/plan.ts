/** `plan`: the list that `run` would carry out, with the reason for every line. */
import { existsSync } from 'node:fs'
import chalk from 'chalk'
import { accountOf } from '../01-namespaces/accounts.ts'
import { identityOf } from '../01-namespaces/identity.ts'
import { sharedBy } from '../01-namespaces/modes.ts'
import { groupDirs } from '../02-cgroups/cgroup.ts'
import { groupFor } from '../02-cgroups/lifecycle.ts'
import { imageFor } from '../05-commit/image-for.ts'
import { layerDir } from '../05-commit/store/store.ts'
import { furtherList, planOptions, traitsOf, type ImageSettings } from '../chapter.ts'
import { valueOf, type Input } from '../command-line.ts'
import { request } from '../container/request.ts'
import type { Container, ContainerOptions, PlanOptions } from '../options.ts'
import type { Step } from '../step.ts'
import { asJson } from '../printable.ts'
import { strace } from '../strace.ts'
import { wrap } from '../tools/wrap.ts'
import { parse } from './args.ts'
import { writeOutput } from './output.ts'
import { say } from './voice.ts'

/** Prints; makes no call of the list, needs neither root nor Linux nor the image. */
export async function planCommand(input: Input): Promise<number> {
  const { runtime, chapter, switches } = input
  const further = await furtherPlan(input)
  if (further) return printed(further, input)
  const image = await imageOrStandIn(input).catch((error: unknown) => notRun(error, input))
  const { command, settings, rootfs, layers, trees } = image
  const wanted = request(input, command, settings)
  const { readOnly = false, user: _, ...asked } = wanted
  const ordinary = planOptions(runtime.rows)
  const { group } = groupFor('<id>', wanted, input.warn)
  const known = { id: '<id>', hostname: wanted.hostname ?? '<id>', groups: groupDirs(group) }
  const container = { ...wanted, ...known } as Container
  const dir = `${runtime.root}/containers/<id>`
  const options: PlanOptions = {
    ...ordinary,
    ...asked,
    network: asked.network ?? ordinary.network,
    ...sharedBy({ container, root: runtime.root }),
    group,
    root: rootfs ?? '/',
    layers: ['init', ...Array.from({ length: layers }, (_, at) => `lower${at}`)],
    dir,
    readOnly,
    streams: { hasInput: switches.has('interactive'), isJoined: false },
    ...(switches.has('tty') ? { terminal: { rows: 24, columns: 80 } } : {}),
  }
  const setting = { container, root: runtime.root, dir }
  Object.assign(options, ...runtime.rows.map(({ planned }) => planned?.(setting)))
  Object.assign(options, await identity(input, wanted, { ...options, layers: trees ?? [] }))
  return printed(await chapter.plan(options), input)
}

function printed(plan: Step[], input: Input): number {
  writeOutput(input.values.has('format') ? asJson(linesOf(plan)) : asText(plan, input))
  return 0
}

/** `plan exec …`: a list that a chapter has beside that of `run`, with the flags of its command. */
async function furtherPlan(input: Input): Promise<Step[] | undefined> {
  const { runtime, commands, words, isDashed = false } = input
  const names = runtime.rows.flatMap(({ lists = {} }) => Object.keys(lists))
  const isTyped = (name: string) => name.split(' ').every((word, at) => words[at] === word)
  const name = names.find(isTyped)
  const command = commands().find((each) => each.name === name)
  if (name === undefined || !command || isDashed) return undefined
  const rest = words.slice(name.split(' ').length)
  const list = furtherList(runtime.rows, name)
  const typed = parse(rest, command.flags, command.stopAtWord ?? false)
  const options = (await list.printed?.({ ...input, ...typed })) ?? planOptions(runtime.rows)
  return (list.learners ?? list.plan)(options)
}

/** A command in the place of the image: some have lists of their own, others have none. */
function notRun(error: unknown, { commands, runtime, words: [word = ''] }: Input): never {
  const isCommand = commands().some(({ name }) => name.split(' ')[0] === word)
  if (!isCommand || !(error instanceof Error)) throw error
  const lists = runtime.rows.flatMap((row) => Object.keys(row.lists ?? {})).join(', ')
  const [said] = error.message.split('\n')
  throw new Error(
    lists === ''
      ? `${said}\n  plan takes an image and a command, as run does`
      : `${said}\n  plan takes an image and a command, as run does, or: ${lists}`,
  )
}

/** As `run` looks it up, as far as the image is unpacked here. */
async function identity(
  { runtime: { rows } }: Input,
  asked: ContainerOptions,
  options: PlanOptions,
): Promise<Partial<PlanOptions>> {
  const isUnpacked = options.layers.length > 0 && existsSync(options.root)
  const lookUp = rows.findLast((row) => row.identity)?.identity
  if (isUnpacked) return (await lookUp?.(asked, options)) ?? {}
  try {
    return identityOf(accountOf(asked, { passwd: 'root::0:0::/root:', group: '' }), asked, options)
  } catch (error) {
    const { message } = error as Error
    throw new Error(`${message}\n  the image is not unpacked yet: run it once, or give numbers`)
  }
}

interface Looked {
  command: string[]
  settings: ImageSettings
  rootfs?: string
  /** How many. */
  layers: number
  /** Where they are unpacked, topmost first; undefined if they are not. */
  trees?: string[] | undefined
}

/** Without a store, as on another system, a plan is still the plan: of an image of one layer. */
async function imageOrStandIn(input: Input): Promise<Looked> {
  const { runtime, words, warn } = input
  const platform = valueOf(input, 'platform')
  const { root } = traitsOf(runtime.rows)
  const [name = '', ...command] = root === 'host' ? ['', ...words] : words
  try {
    const { settings, use } = await imageFor(runtime.root, name, { has: root, platform, warn })
    const { diffIds = [] } = use.image ?? {}
    const dirs = diffIds.map((diffId) => layerDir(runtime.root, diffId)).reverse()
    const trees = use.image ? dirs : ['/']
    return {
      command,
      settings,
      layers: diffIds.length || 1,
      ...(use.rootfs ? { rootfs: use.rootfs } : {}),
      trees: trees.every((dir) => existsSync(dir)) ? trees : undefined,
    }
  } catch (error) {
    if (process.platform === 'linux' && process.geteuid?.() === 0) throw error
    return { command, settings: { Cmd: ['sh'] }, rootfs: `/rootfs/${name}`, layers: 1 }
  }
}

function linesOf(plan: Step[]) {
  return plan.map(({ chapter, call, why }, at) => ({
    step: at + 1,
    chapter,
    call: call[0],
    arguments: call.slice(1).map(withoutBytes),
    strace: strace(call),
    why,
  }))
}

/** Bytes are in no JSON; what they are for is in `strace`. */
function withoutBytes(value: unknown): unknown {
  return value instanceof Uint8Array ? { bytes: value.length } : value
}

/** With `--since`, a `+` marks what this chapter added, as in a patch. */
function asText(plan: Step[], { chapter, switches }: Input): string {
  const digits = String(plan.length).length
  const lines = plan.flatMap(({ chapter: from, call, why }, at) => {
    const number = chalk.dim(String(at + 1).padStart(digits))
    const isNew = from === chapter.number
    const sign = switches.has('since') && isNew ? '+' : ' '
    const mark = isNew ? chalk.green(`${sign}${from}`) : chalk.dim(`${sign}${from}`)
    const margin = ' '.repeat(digits + 4)
    const [first = '', ...more] = wrap(strace(call), 80 - margin.length)
    return [
      `${number} ${mark} ${first}`,
      ...more.map((line) => `${margin}${line}`),
      ...wrap(say(why), 76 - margin.length).map((line) => chalk.dim(`${margin}  ${line}`)),
    ]
  })
  const head = `${chalk.bold(say('step'))}  ${say('the chapter it comes from, the call, and why')}`
  return `${chalk.dim(head)}\n${lines.join('\n')}\n`
}
