/** Tests. Containers to be broken, and `stepbox reset` to put them in order. */
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { listContainers, runningContainers } from '../runtime/container/find.ts'
import type { Container } from '../runtime/options.ts'
import type { ResetResult } from '../runtime/tools/reset/reset.ts'
import { statusOf, until } from './carry-out.ts'
import { start, stepbox, type Started } from './stepbox.ts'

/** What `stepbox reset` did, without a problem. */
export async function reset(root: string, ...flags: string[]): Promise<ResetResult[]> {
  const { out, err } = await stepbox(['reset', '--format', 'json', ...flags], { root })
  expect(err).toBe('')
  const deeds = (JSON.parse(out) as ResetResult[]).filter((deed) => !isOfOthers(root, deed))
  expect(deeds.flatMap(({ problem }) => problem ?? [])).toEqual([])
  return deeds
}

/**
 * Groups and processes of tests that run at the same time are none of this root's business; whether
 * its bridge and rules stay depends on them, and is tested with the networks.
 */
function isOfOthers(root: string, { kind, what }: ResetResult): boolean {
  if (['bridge', 'packet filter', 'setting'].includes(kind)) return true
  const own = [...listContainers(root).map(({ id }) => id), ...strays].map((id) => `stepbox-${id}`)
  if (kind === 'process') return !natives.includes(parseInt(what))
  return kind === 'group' && !own.includes(what)
}

/** Ids of groups that a test has made, and native programs. */
export const strays: string[] = []
const natives: number[] = []

export function kinds(deeds: ResetResult[]): string[] {
  return deeds.map(({ kind }) => kind)
}

export async function running(root: string, ...flags: string[]): Promise<[Started, Container]> {
  const started = start(
    [...flags, 'run', 'busybox', 'sh', '-c', 'echo ready; while :; do sleep 1000; done'],
    { root },
  )
  onTestFinished(async () => {
    await kill(started)
    await stepbox(['reset', '--force'], { root })
  })
  await started.says('ready')
  await until(() => runningContainers(root)[0]?.init !== undefined, () => 'its first process')
  const [container] = runningContainers(root)
  if (!container) throw new Error('the running container is not on record')
  natives.push(nativeOf(container))
  return [started, container]
}

/** The process that waits for the container's first one. */
export function nativeOf({ init }: Container): number {
  return Number(statusOf(init?.pid ?? 0, 'PPid'))
}

/** The container may go on holding its output open. */
export async function kill({ process: child }: Started): Promise<void> {
  child.kill('SIGKILL')
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

/** What is in the directories that containers come and go in. */
export function entriesOf(root: string): Record<string, string[]> {
  const names = ['containers', 'names', 'running', 'tmp']
  return Object.fromEntries(
    names.map((name) => [name, existsSync(join(root, name)) ? readdirSync(join(root, name)) : []]),
  )
}
