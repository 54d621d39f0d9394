/** Tests. One data root, used from two pid namespaces: nobody clears up what lives in the other. */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { newId } from '../runtime/container/create.ts'
import { makePlaces, markedState, saveRunning } from '../runtime/container/state.ts'
import { tidy } from '../runtime/container/tidy.ts'
import { ownPrefix } from '../runtime/durable.ts'
import type { ProcessId } from '../runtime/options.ts'
import { identify, isAlive, isHidden, signalTo } from '../runtime/process.ts'
import { rootWithBusybox } from './busybox.ts'
import { runtimeOn } from './rows.ts'
import { runningContainer } from './running.ts'
import { needs, scratch } from './scratch.ts'
import { stateOf } from './states.ts'
import { program } from './stepbox.ts'

/** Run a command of Stepbox in a pid namespace of its own. */
function inside(root: string, ...args: string[]) {
  const own = ['--pid', '--fork', '--kill-child', '--mount-proc', process.execPath, program]
  const env = { PATH: process.env['PATH'] ?? '', STEPBOX_ROOT: root }
  return spawnSync('unshare', [...own, ...args], { encoding: 'utf8', env })
}

test('a container that runs is left alone by who cannot see it', async (context) => {
  needs(context, 'root', 'unshare', 'overlay')
  const root = await rootWithBusybox()
  const { started, container } = await runningContainer(root, ['--name', 'seen', '--rm'])
  const aside = join(root, 'tmp', `${ownPrefix()}mine`)
  writeFileSync(aside, 'still being written')
  const listed = inside(root, 'ps')
  expect([listed.status, listed.stderr]).toEqual([0, ''])
  expect(listed.stdout).toMatch(/ Up .* seen$/m)
  const removed = inside(root, 'rm', '-f', 'seen')
  expect(removed.status).toBe(1)
  expect(removed.stderr).toContain("'seen' was started in another pid namespace, or on another")
  expect(inside(root, 'reset').status).toBe(0)
  expect(container.init && isAlive(container.init)).toBe(true)
  const kept = [aside, join(root, 'containers', container.id)]
  expect(kept.map((path) => existsSync(path))).toEqual([true, true])
  started.process.kill('SIGKILL')
  await started.ended
})

test('a process of an inner namespace is seen, signalled, and known to end', async (context) => {
  needs(context, 'root', 'unshare')
  const root = await rootWithBusybox()
  const script = `exec '${process.execPath}' '${program}' run --name inner busybox sleep 1000`
  const own = ['--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-c', script]
  const child = spawn('unshare', own, { env: { STEPBOX_ROOT: root }, stdio: 'ignore' })
  onTestFinished(() => void child.kill('SIGKILL'))
  let init: ProcessId | undefined
  while (!init) {
    await new Promise((resolve) => setImmediate(resolve))
    if (!existsSync(join(root, 'running'))) continue
    init = readdirSync(join(root, 'running')).flatMap((id) => markedState(root, id)?.init ?? [])[0]
  }
  expect([isAlive(init), isHidden(init)]).toEqual([true, false])
  expect(await tidy(await runtimeOn(root))).toEqual([])
  expect(signalTo(init, 'SIGKILL')).toBe(true)
  await new Promise((resolve) => child.once('exit', resolve))
  expect(isAlive(init)).toBe(false)
})

test('marks of another machine stay, and those from before a boot of this one go', async () => {
  const root = scratch()
  makePlaces(root)
  const own = identify(process.pid)
  if (!own) throw new Error('no /proc here')
  const mark = (monitor: ProcessId) => {
    const id = newId()
    saveRunning(root, stateOf(id, { status: 'created', monitor }))
    mkdirSync(join(root, 'containers', id), { mode: 0o700 })
    return id
  }
  const [namespace = ''] = own.within?.split('@') ?? []
  const other = mark({ ...own, boot: 'another', within: `${namespace}@another` })
  const before = mark({ ...own, boot: 'another' })
  const early = mark({ pid: own.pid, start: own.start, boot: 'another' })
  const settled = await tidy(await runtimeOn(root))
  expect(settled.map(({ id }) => id).sort()).toEqual([before, early].sort())
  expect(readdirSync(join(root, 'running'))).toEqual([other])
})
