/** Command line. `plan`: the list that `run` would carry out, with the reason for every line. */
import chalk from 'chalk'
import { lookAtCgroups } from '../02-cgroups/cgroups.ts'
import type { Cgroups } from '../02-cgroups/hierarchies.ts'
import type { PlanOptions } from '../container/run.ts'
import type { Step } from '../step.ts'
import { strace } from '../strace.ts'
import { wrap } from '../tools/wrap.ts'
import { imageFor, type ForImage } from './image-for.ts'
import type { Input } from './main.ts'
import { request } from './request.ts'

/** Prints; makes no call of the list, needs neither root nor Linux nor the image. */
export async function planCommand(input: Input): Promise<number> {
  const { command, config, rootfs, image } = await imageOrStandIn(input)
  const asked = request(input, command, config)
  const id = '<id>'
  const options: PlanOptions = {
    ...asked,
    hostname: asked.hostname ?? id,
    network: asked.network ?? 'none',
    group: { name: `stepbox-${id}`, cgroups: groups(), limits: asked.limits ?? {} },
    root: rootfs ?? '/',
    layers: ['init', ...(image?.diffIds ?? ['']).map((_, at) => `lower${at}`)],
    dir: `${input.root}/containers/${id}`,
    readOnly: asked.readOnly ?? false,
    ...(input.switches.has('tty') ? { terminal: { rows: 24, columns: 80 } } : {}),
  }
  const plan = input.chapter.plan(options)
  process.stdout.write(input.values.has('format') ? asJson(plan) : asText(plan, input))
  return 0
}

/** Without a store, as on another system, a plan is still the plan: of an image of one layer. */
async function imageOrStandIn(input: Input): Promise<ForImage> {
  try {
    return await imageFor(input)
  } catch (error) {
    const [name = '', ...command] = input.words
    if (process.platform === 'linux' && process.geteuid?.() === 0) throw error
    return { command, config: { Cmd: ['sh'] }, rootfs: `/rootfs/${name}` }
  }
}

/** On a machine without control groups, the plan is that of one with pure cgroup v2. */
function groups(): Cgroups {
  try {
    return lookAtCgroups()
  } catch {
    return { hierarchies: [] } // ignoring: not Linux
  }
}

function asJson(plan: Step[]): string {
  const lines = plan.map(({ chapter, call, why }, at) => ({
    step: at + 1,
    chapter,
    call: call[0],
    arguments: call.slice(1),
    strace: strace(call),
    why,
  }))
  const plain = (_: string, value: unknown) => (typeof value === 'bigint' ? `${value}` : value)
  return `${JSON.stringify(lines, plain, 2)}\n`
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
      ...wrap(why, 76 - margin.length).map((line) => chalk.dim(`${margin}  ${line}`)),
    ]
  })
  const head = `${chalk.bold('step')}  the chapter it comes from, the call, and why`
  return `${chalk.dim(head)}\n${lines.join('\n')}\n`
}
