/** Tests. After a reboot: which containers start again, and the unit that sees to it. */
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runningContainers } from '../../runtime/container/find.ts'
import { runningMark } from '../../runtime/container/state.ts'
import { isAlive } from '../../runtime/process.ts'
import { rootWithBusybox } from '../../test/busybox.ts'
import { runDetached, until } from '../../test/detached.ts'
import { needs, scratch } from '../../test/scratch.ts'
import { stepbox } from '../../test/stepbox.ts'

/**
 * What Docker does with them when its daemon starts after a power cut (20.10, without live-restore;
 * dockerd, its shims and the containers were killed with SIGKILL).
 */
const boxes: [name: string, policy: string, script: string, starts: boolean][] = [
  ['ran-always', 'always', 'exec sleep 1000', true],
  ['ran-unless-stopped', 'unless-stopped', 'exec sleep 1000', true],
  ['ran-on-failure', 'on-failure', 'exec sleep 1000', true],
  ['ran-no', 'no', 'exec sleep 1000', false],
  ['stopped-always', 'always', 'exec sleep 1000', true],
  ['stopped-unless-stopped', 'unless-stopped', 'exec sleep 1000', false],
  ['stopped-on-failure', 'on-failure', 'exec sleep 1000', true],
  ['failed-too-often', 'on-failure:1', 'exit 4', false],
  ['ended-well', 'on-failure', 'exit 0', false],
]

describe('after a reboot', () => {
  test('a policy starts what it would start in Docker', async (context) => {
    needs(context, 'root', 'overlay')
    const root = await rootWithBusybox()
    const made = await Promise.all(
      boxes.map(([name, policy, script]) =>
        runDetached(root, ['--name', name, '--restart', policy], script),
      ),
    )
    const created = ['create', '--name', 'never-ran', '--restart', 'always', 'busybox', 'true']
    await stepbox(created, { root })
    const names = boxes.map(([name]) => name)
    const stopped = names.filter((name) => name.startsWith('stopped'))
    await stepbox(['stop', '-t', '0', ...stopped], { root })
    const still = made.filter((_, at) => names[at]?.startsWith('ran') !== true)
    await Promise.all(still.map((box) => box.settled()))
    await cutThePower(root)
    const { out, err } = await stepbox(['start', '--restart-policy'], { root })
    const started = boxes.flatMap(([name, , , starts]) => (starts ? [name] : []))
    expect([out.trim().split('\n').sort(), err]).toEqual([started.sort(), ''])
    const format = ['--format', '{{.Names}} {{.State}}']
    const now = (await stepbox(['ps', '-a', ...format], { root })).out.trim().split('\n').sort()
    const states = boxes.map(([name, , , starts]) => `${name} ${starts ? 'running' : 'exited'}`)
    expect(now).toEqual([...states, 'never-ran created'].sort())
    const again = await stepbox(['start', '--restart-policy'], { root })
    expect(again).toMatchObject({ code: 0, out: '', err: '' })
  })

  test('one that cannot start keeps no other from it', async (context) => {
    needs(context, 'root', 'overlay')
    const root = await rootWithBusybox()
    const flags = (name: string) => ['--name', name, '--restart', 'always']
    const box = await runDetached(root, flags('bad'), 'exec sleep 1000')
    await runDetached(root, flags('good'), 'exec sleep 1000')
    await cutThePower(root)
    rmSync(join(box.dir, 'upper'), { recursive: true })
    writeFileSync(join(box.dir, 'upper'), '') // and no directory
    const { code, out } = await stepbox(['start', '--restart-policy'], { root })
    expect([code, out]).toEqual([1, 'good\n'])
  })
})

/** Kill all that runs, and have the records be of another boot. */
async function cutThePower(root: string): Promise<void> {
  const running = runningContainers(root)
  for (const { monitor } of running) process.kill(monitor.pid, 'SIGKILL')
  const all = running.flatMap(({ monitor, init }) => [monitor, ...(init ? [init] : [])])
  await until(() => !all.some(isAlive))
  for (const { id, monitor } of running) {
    const mark = runningMark(root, id)
    const boot = '00000000-0000-4000-8000-000000000000'
    writeFileSync(mark, readFileSync(mark, 'utf8').replaceAll(monitor.boot, boot))
  }
}

describe('the unit for systemd', () => {
  test.for(['/plain', '/with blanks', '/odd "$%\\ 中'])('is one, for %s', async (path, context) => {
    needs(context, 'systemd-analyze')
    const dir = scratch()
    const root = join(dir, path)
    const { out } = await stepbox(['start', '--restart-policy', '--unit'], { root })
    const file = join(dir, 'stepbox.service')
    writeFileSync(file, out)
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })

  test('has the program, the data root and the command', async () => {
    const root = join(scratch(), 'a "$%\\')
    const { out } = await stepbox(['start', '--restart-policy', '--unit'], { root })
    const [line = ''] = /^ExecStart=.*/m.exec(out) ?? []
    const quoted = `"${root.replace(/["\\]/g, '\\$&').replace('%', '%%').replace('$', '$$$$')}"`
    expect(line).toContain(`${process.execPath} `)
    expect(line.endsWith(`/dist/stepbox.cjs --root ${quoted} start --restart-policy`)).toBe(true)
  })

  test.for<[typed: string, says: string]>([
    ['start', 'too few arguments; a container, or --restart-policy'],
    ['start --unit', '--unit is about --restart-policy'],
    ['start --restart-policy it', 'takes no names'],
  ])('%s: %s', async ([typed, says]) => {
    const { code, err } = await stepbox(typed.split(' '), { root: join(scratch(), 'root') })
    expect([code, err.split('\n')[0]]).toEqual([125, expect.stringContaining(says)])
  })
})
