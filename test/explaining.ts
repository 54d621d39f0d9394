/** Tests. A list that stops, and what is told of the step that it stops on. */
import { onTestFinished } from 'vitest'
import { mkdirSync, readFileSync, rmdirSync } from 'node:fs'
import { explain, type Explanation } from '../runtime/tools/explain/explain.ts'
import type { Chapter } from '../runtime/chapter.ts'
import { launch } from '../runtime/native.ts'
import type { Call } from '../runtime/calls.ts'
import type { Step } from '../runtime/step.ts'
import { parseMountinfo, type Mount } from '../runtime/mountinfo.ts'
import { steps } from './carry-out.ts'

/** Mounts made after these calls are seen by nobody else. */
export const ownMounts: Call[] = [
  ['unshare', ['CLONE_NEWNS']],
  ['mount', null, '/', null, ['MS_REC', 'MS_PRIVATE'], null],
]

export const tmpfs = (target: string): Call => ['mount', 'tmpfs', target, 'tmpfs', [], null]
export const bindTo = (target: string): Call => ['mount', target, target, null, ['MS_BIND'], null]

/** Make `calls` until one fails, and explain that one. */
export async function explained(...calls: Call[]): Promise<Explanation> {
  return explainedIn(steps(...calls))
}

/** Carry out `plan` until one of its calls fails, and explain that one. */
export async function explainedIn(plan: Step[], rows: Chapter[] = []): Promise<Explanation> {
  const { reports, outcome } = launch(plan, { stdio: ['ignore', 'ignore', 'ignore'] })
  for await (const report of reports)
    if (report.failed) return await explain(plan, report, { pid: report.pid, rows })
  throw new Error(`no call failed: ${(await outcome).refused ?? 'all were made'}`)
}

/** The call that failed, with its errno, and the cause that was seen, if any. */
export async function causeIn(...calls: Call[]): Promise<{ failed: string; cause?: string }> {
  const { text } = await explained(...calls)
  const [failed = '', , cause] = text.split('\n')
  const name = failed.replace(/\(.* = (?=\w+$)/s, ' = ')
  return { failed: name, ...(cause === undefined ? {} : { cause: cause.trim() }) }
}

/** A line of mountinfo, as a mount of a made-up machine. */
export function mount(line: string): Mount {
  const [parsed] = parseMountinfo(line)
  if (!parsed) throw new Error(`no mount in '${line}'`)
  return parsed
}

let count = 0

/** A fresh group for the running test in the tree at `tree`, removed after it. */
export function groupIn(tree: string): string {
  const dir = `${tree}/stepbox-test-${process.pid}-x${++count}`
  mkdirSync(dir)
  onTestFinished(() => rmdirSync(dir))
  return dir
}

/** Where a tree of control groups is mounted: the one of version 2, or one with `controller`. */
export function treeOf(controller?: string): string | undefined {
  const mounts = parseMountinfo(readFileSync('/proc/self/mountinfo', 'utf8'))
  return mounts.find(({ type, superOptions }) =>
    controller === undefined
      ? type === 'cgroup2'
      : type === 'cgroup' && superOptions.split(',').includes(controller),
  )?.target
}
