/** Tests. What they share: a directory that goes away again, and what this machine can do. */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, inject, onTestFinished, type TestContext } from 'vitest'
import { interfaceIndex } from '../runtime/09-network/interfaces.ts'
import { namesIn, tryRead } from '../runtime/files.ts'
import type { CapabilityName } from '../runtime/tools/doctor/capabilities.ts'
import type { CapabilityVerdict } from '../runtime/tools/doctor/diagnosis.ts'

const all: string[] = []

// What a test that timed out has gone on with meanwhile.
afterAll(() => all.forEach(removeAll))

/** A fresh directory for the running test, removed after it. */
export function scratch(): string {
  const dir = mkdtempSync(join(tmpdir(), 'stepbox-'))
  removeForgotten()
  all.push(dir)
  onTestFinished(async () => {
    await isSettled(dir)
    removeAll(dir)
  })
  return dir
}

function removeAll(dir: string): void {
  removeBridges(dir)
  rmSync(dir, { recursive: true, force: true, maxRetries: 20 })
}

/**
 * Remove the bridges of data roots in `dir`. Each has a subnet, of which there are few, and what
 * ends with a root else, `stepbox reset`, is not run for every test.
 */
function removeBridges(dir: string): void {
  for (const root of [dir, ...seenIn(dir).map((name) => join(dir, name))])
    for (const name of seenIn(join(root, 'networks'))) {
      const text = tryRead(join(root, 'networks', name, 'network.json')) ?? ''
      const [, bridge, index] = /"bridge": \{\s*"name": "(.+)",\s*"index": (\d+)/.exec(text) ?? []
      const own = bridge?.startsWith('sb-') ? [Number(index), 0] : [Number(index)] // 0: it is down
      if (bridge && own.includes(interfaceIndex(bridge) ?? -1)) // and not another root's
        spawnSync('ip', ['link', 'delete', bridge])
    }
}

/** Half of the subnets that there are. */
const most = 15

/**
 * Where many bridges are left, of data roots that a test has removed itself, remove those without a
 * container. One that is still wanted is made again by the next start.
 */
function removeForgotten(): void {
  const listed = (...words: string[]) => {
    const { stdout } = spawnSync('ip', ['-br', 'link', 'show', ...words], { encoding: 'utf8' })
    return (stdout ?? '').match(/^(stepbox0|sb-\w+|sbv\w+)/gm) ?? []
  }
  const bridges = (tryRead('/proc/net/dev') ?? '').match(/^ *(stepbox0|sb-\w+):/gm) ?? []
  if (bridges.length <= most) return
  for (const each of bridges) {
    const name = each.trim().slice(0, -1)
    if (listed('master', name).length === 0) spawnSync('ip', ['link', 'delete', name])
  }
}

function seenIn(dir: string): string[] {
  try {
    return readdirSync(dir)
  } catch {
    return [] // ignoring: it is gone, or no directory
  }
}

/** What monitors have started to clear up in `dir` may still be at it. */
async function isSettled(dir: string): Promise<void> {
  const end = Date.now() + 10_000
  const isSettler = (pid: string) => {
    const words = tryRead(`/proc/${pid}/cmdline`)?.split('\0') ?? []
    return words.includes('settle') && words.some((word) => word.startsWith(dir))
  }
  while (Date.now() < end && namesIn('/proc').some(isSettler))
    await new Promise((resolve) => setTimeout(resolve, 5))
}

/**
 * What `stepbox doctor` has a name for, or a command that must be on the PATH; `gnu-tar` is the tar
 * of gnu, as it says itself.
 */
export type Need = CapabilityName | (string & {})

/**
 * Say first thing in a test what it needs: `needs(context, 'root', 'overlay', 'skopeo')`. Where
 * that is missing the test is reported as blocked, with the reason.
 */
export function needs(context: TestContext, ...all: Need[]): void {
  context.task.meta.needs = [...(context.task.meta.needs ?? []), ...all]
  for (const need of all) {
    const lacking = lack(need)
    if (lacking) context.skip(`blocked: ${lacking}`)
  }
}

/** Whether all of this is there, where that must be known before a test. */
export function has(...all: Need[]): boolean {
  return all.every((need) => lack(need) === undefined)
}

/**
 * Why `need` is not met on this machine, or undefined when it is. Root needs the native program.
 */
function lack(need: Need): string | undefined {
  const capabilities = inject('capabilities')
  if (!capabilities) throw new Error('run vitest with --config test/vitest.config.ts')
  const [, maker, made] = /^(gnu|util-linux|iproute2)-(\w+)$/.exec(need) ?? []
  if (maker && made)
    return isOf(maker, made) ? undefined : `no ${made} of ${maker} on the PATH`
  if (!capabilities.some(({ name }) => name === need))
    return onPath(need) ? undefined : `no ${need} on the PATH`
  const wanted = need === 'root' ? ['native', 'root'] : [need]
  const missing = capabilities.find(({ name, state }) => wanted.includes(name) && isMissing(state))
  return missing && `no ${missing.name}: ${missing.why ?? missing.found}`
}

function isOf(maker: string, command: string): boolean {
  const version = maker === 'iproute2' ? '-Version' : '--version'
  const { stdout } = spawnSync(command, [version], { encoding: 'utf8' })
  return (stdout ?? '').toLowerCase().includes(maker)
}

function isMissing(state: CapabilityVerdict['state']): boolean {
  return state === 'no' || state === 'unknown'
}

/** The full path of `command`, found as execvp(3) would find it. */
export function onPath(command: string): string | undefined {
  const dirs = (process.env['PATH'] ?? '').split(':')
  return dirs.map((dir) => join(dir || '.', command)).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
