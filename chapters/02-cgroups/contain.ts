/** For its tests: a container with limits, watched from the host, cleaned up after. */
import { onTestFinished, type TestContext } from 'vitest'
import { groupDirs, type Group } from '../../runtime/02-cgroups/cgroup.ts'
import { lookAtCgroups } from '../../runtime/02-cgroups/cgroups.ts'
import { killAll, removeGroup } from '../../runtime/02-cgroups/group-control.ts'
import type { Cgroups } from '../../runtime/02-cgroups/hierarchies.ts'
import type { Limits } from '../../runtime/02-cgroups/limits.ts'
import { launch, type Launch, type LaunchOptions, type Outcome } from '../../runtime/native.ts'
import type { Report } from '../../runtime/reports.ts'
import { planOptions } from '../../runtime/chapter.ts'
import type { Step } from '../../runtime/step.ts'
import { needs } from '../../test/scratch.ts'
import { plan } from './plan.ts'

export interface Contained {
  launched: Launch
  plan: Step[]
  /** The directories of its group. */
  dirs: string[]
  outcome: Promise<Outcome>
  /** The host's id of its first process. */
  init: Promise<number>
  /** Those that have come so far. */
  reports: Report[]
  /** What it has written so far. */
  said: () => string
  /** Resolves once it has written `text`. */
  says: (text: string) => Promise<void>
}

interface Wish {
  limits?: Limits
  cgroups?: Cgroups
  /** The list to carry out, when it is not this chapter's. */
  list?: (group: Group, argv: string[], env: string[]) => Step[]
  options?: LaunchOptions
}

let count = 0

/** Run `script` with /bin/sh. Blocks the test where there is no root or a limit cannot be kept. */
export function contain(context: TestContext, script: string, wish: Wish = {}): Contained {
  needs(context, 'root')
  const group: Group = {
    name: `stepbox-test-${process.pid}-${++count}`,
    cgroups: wish.cgroups ?? lookAtCgroups(),
    limits: wish.limits ?? {},
  }
  const dirs = dirsOrSkip(context, group)
  const argv = ['/bin/sh', '-c', script]
  const env = ['PATH=/usr/sbin:/usr/bin:/sbin:/bin']
  const steps =
    wish.list?.(group, argv, env) ?? plan(planOptions([], { argv, env, network: 'none', group }))
  const fork = steps.findIndex(({ call }) => call[0] === 'fork')
  let born: (id: number) => void = () => {}
  const init = new Promise<number>((resolve) => (born = resolve))
  const launched = launch(steps, { stdio: ['pipe', 'pipe', 'ignore'], ...wish.options })
  const reports: Report[] = []
  const hear = async () => {
    for await (const report of launched.reports) {
      reports.push(report)
      if (report.index === fork) born(report.result)
    }
  }
  void hear()
  onTestFinished(async () => {
    await killAll(dirs)
    launched.abandon()
    await launched.outcome
    await removeGroup(dirs)
  })
  const { outcome } = launched
  return { launched, plan: steps, dirs, outcome, init, reports, ...listen(launched) }
}

/** The version 2 tree alone, which a hybrid machine has beside the others. */
export function onlyVersion2(context: TestContext): Cgroups {
  const hierarchies = lookAtCgroups().hierarchies.filter(({ version }) => version === 2)
  if (hierarchies.length === 0) context.skip('blocked: no cgroup2 is mounted')
  return { hierarchies }
}

/** Blocked by what the machine lacks, never by what the planner does wrong. */
function dirsOrSkip(context: TestContext, group: Group): string[] {
  if (!group.cgroups.hierarchies.some(({ writable }) => writable))
    return context.skip('blocked: no control groups that can be written to')
  try {
    return groupDirs(group)
  } catch (error) {
    const { message } = error as Error
    if (!message.startsWith('cannot keep to ')) throw error
    return context.skip(`blocked: ${message}`)
  }
}

function listen({ process: { stdout } }: Launch): Pick<Contained, 'said' | 'says'> {
  let text = ''
  const waiting = new Set<() => void>()
  stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString()
    for (const look of waiting) look()
  })
  const says = (wanted: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (text.includes(wanted)) resolve()
      }
      waiting.add(look)
      stdout?.once('end', () => reject(new Error(`ended without '${wanted}': ${text}`)))
      look()
    })
  return { said: () => text, says }
}
