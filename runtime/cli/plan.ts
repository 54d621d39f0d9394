/** `plan`: the list that `run` would carry out, with the reason for every line. */
import chalk from 'chalk'
import { imageFor } from '../05-commit/image-for.ts'
import { planOptions, traitsOf, type ImageSettings } from '../chapter.ts'
import type { Input } from '../command-line.ts'
import type { PlanOptions } from '../options.ts'
import type { Step } from '../step.ts'
import { strace } from '../strace.ts'
import { wrap } from '../tools/wrap.ts'
import { request } from './request.ts'

/** Prints; makes no call of the list, needs neither root nor Linux nor the image. */
export async function planCommand(input: Input): Promise<number> {
  const { runtime, chapter, switches } = input
  const { command, settings, rootfs, layers } = await imageOrStandIn(input)
  const { limits = {}, readOnly = false, ...asked } = request(input, command, settings)
  const ordinary = planOptions(runtime.rows)
  const options: PlanOptions = {
    ...ordinary,
    ...asked,
    hostname: asked.hostname ?? '<id>',
    network: asked.network ?? ordinary.network,
    group: { ...ordinary.group, limits },
    root: rootfs ?? '/',
    layers: ['init', ...Array.from({ length: layers }, (_, at) => `lower${at}`)],
    dir: `${runtime.root}/containers/<id>`,
    readOnly,
    ...(switches.has('tty') ? { terminal: { rows: 24, columns: 80 } } : {}),
  }
  const plan = chapter.plan(options)
  process.stdout.write(input.values.has('format') ? asJson(plan) : asText(plan, input))
  return 0
}

interface Looked {
  command: string[]
  settings: ImageSettings
  rootfs?: string
  /** How many. */
  layers: number
}

/** Without a store, as on another system, a plan is still the plan: of an image of one layer. */
async function imageOrStandIn({ runtime, words }: Input): Promise<Looked> {
  const { root } = traitsOf(runtime.rows)
  const [name = '', ...command] = root === 'host' ? ['', ...words] : words
  try {
    const { settings, use } = await imageFor(runtime.root, name, root)
    const layers = use.image?.diffIds.length ?? 1
    return { command, settings, layers, ...(use.rootfs ? { rootfs: use.rootfs } : {}) }
  } catch (error) {
    if (process.platform === 'linux' && process.geteuid?.() === 0) throw error
    return { command, settings: { Cmd: ['sh'] }, rootfs: `/rootfs/${name}`, layers: 1 }
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
