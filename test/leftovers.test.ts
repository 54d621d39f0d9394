/** Tests. A leftover that cannot be deleted is named once, and keeps nothing from going on. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, type TestContext } from 'vitest'
import { sha256, putImage, putIndex, tarOf } from '../chapters/05-commit/handmade.ts'
import { rootWithBusybox } from './busybox.ts'
import { isAlive } from '../runtime/process.ts'
import { until } from './carry-out.ts'
import { gone, runningContainer } from './running.ts'
import { needs, scratch } from './scratch.ts'
import { program, stepbox } from './stepbox.ts'

test('a tree deeper than any path goes with its container; the code stays', async (context) => {
  needs(context, 'root')
  const root = await rootWithBusybox()
  const names = `${'n'.repeat(200)}/`.repeat(14)
  const script = `for i in 1 2 3; do mkdir -p ${names} && cd -P ${names}; done; exit 7`
  expect(await stepbox(['run', '--name', 'deep', 'busybox', 'sh', '-c', script], { root })).toEqual(
    expect.objectContaining({ code: 7, err: '' }),
  )
  expect(await stepbox(['ps', '-q'], { root })).toMatchObject({ code: 0, err: '' })
  expect(await stepbox(['rm', 'deep'], { root })).toMatchObject({ code: 0, err: '' })
  expect(await stepbox(['run', '--rm', 'busybox', 'sh', '-c', script], { root })).toEqual(
    expect.objectContaining({ code: 7, err: '' }),
  )
  expect(leftIn(root)).toEqual([])
})

test('an immutable file goes with its container', async (context) => {
  needs(context, 'root', 'chattr')
  const root = await rootWithBusybox()
  await stepbox(['run', '--name', 'fixed', 'busybox', 'sh', '-c', 'echo > /fixed'], { root })
  const [id = ''] = readdirSync(join(root, 'containers'))
  fix(context, join(root, 'containers', id, 'upper/fixed'))
  expect(await stepbox(['rm', 'fixed'], { root })).toMatchObject({ code: 0, err: '' })
  expect(leftIn(root)).toEqual([])
})

test('a removal that was killed half done is completed, with the name', async (context) => {
  needs(context, 'root')
  const root = await rootWithBusybox()
  await stepbox(['run', '--name', 'half', 'busybox', 'true'], { root })
  const [id = ''] = readdirSync(join(root, 'containers'))
  renameSync(join(root, 'containers', id), join(root, 'tmp', `rm-${id}`))
  expect(await stepbox(['ps', '-aq'], { root })).toMatchObject({ code: 0, out: '', err: '' })
  expect(readdirSync(join(root, 'names'))).toEqual([])
  expect(leftIn(root)).toEqual([])
})

test('what cannot be deleted is named once, and fails no command', async (context) => {
  needs(context, 'root', 'chattr', 'setpriv')
  const root = await rootWithBusybox()
  const trash = join(root, 'tmp/rm-lost')
  mkdirSync(join(trash, 'd'), { recursive: true })
  writeFileSync(join(trash, 'd/fixed'), '')
  writeFileSync(join(trash, 'other'), '')
  fix(context, join(trash, 'd/fixed'))
  const left = join(root, 'tmp/left-rm-lost')
  onTestFinished(() => void spawnSync('chattr', ['-R', '-i', left]))
  const named = `${left} cannot be deleted: unlink("d/fixed") = EPERM
  to try again: 'chattr -R -i -a ${left}', then 'stepbox reset'`
  expect(weakly(root, 'run --name c busybox sh -c', 'exit 7')).toEqual([7, `stepbox: ${named}\n`])
  expect(readdirSync(left)).toEqual(['d'])
  const others = ['images', 'inspect c', 'commit c i', 'rmi i', 'rm c']
  for (const words of ['ps -a', 'stats --no-stream', ...others])
    expect([words, ...weakly(root, words)]).toEqual([words, 0, ''])
  expect(weakly(root, 'run --rm busybox sh -c', 'exit 9')).toEqual([9, ''])
  expect(weakly(root, 'reset')[0]).toBe(1)
  const { code, out } = await stepbox(['reset'], { root })
  expect([code, out]).toEqual([0, expect.stringContaining(`removed ${left}`)])
  expect(existsSync(left)).toBe(false)
})

test('a container that cannot be removed keeps its code, and goes later', async (context) => {
  needs(context, 'root')
  const root = await rootWithBusybox()
  const { started, container } = await runningContainer(root, ['--rm', '--name', 'held'])
  const dir = join(root, 'containers', container.id)
  spawnSync('mount', ['--bind', dir, dir])
  onTestFinished(() => void spawnSync('umount', [dir]))
  process.kill(container.init?.pid ?? 0, 'SIGKILL')
  const { code, err } = await started.ended
  const why = expect.stringMatching(/^stepbox: container held cannot be settled: EBUSY.*\n$/)
  expect([code, err]).toEqual([137, why])
  await until(() => !isAlive(container.monitor), () => 'the end of its monitor, which tries, too')
  expect(await stepbox(['ps'], { root })).toMatchObject({ code: 0, err: why })
  spawnSync('umount', [dir])
  expect(await stepbox(['ps'], { root })).toMatchObject({ code: 0, err: '' })
  expect(leftIn(root)).toEqual([])
})

test('ps lists what is in a data root that cannot be written to', async (context) => {
  needs(context, 'root', 'unshare')
  const root = await rootWithBusybox()
  const { started, container } = await runningContainer(root, ['--name', 'lost'])
  process.kill(container.monitor.pid, 'SIGSTOP')
  started.process.kill('SIGKILL')
  await gone(container)
  process.kill(container.monitor.pid, 'SIGKILL')
  const script = `mount --bind ${root} ${root}; mount -o remount,bind,ro ${root}
    exec "$@"`
  const args = ['-m', 'sh', '-c', script, 'sh', process.execPath, program, '--root', root, 'ps']
  const { status, stdout, stderr } = spawnSync('unshare', args, { encoding: 'utf8' })
  expect(stdout).toContain('lost')
  expect(stderr).toMatch(/^(stepbox: after .*\n)?stepbox: container lost cannot be settled: EROFS/)
  expect(status).toBe(0)
  expect((await stepbox(['ps', '-a'], { root })).out).toContain('Exited (137)')
})

test('a damaged image with names of 4,000 bytes is refused for what it is', async (context) => {
  needs(context, 'root')
  const root = scratch()
  const tar = tarOf({ [`${'n'.repeat(200)}/`.repeat(19)]: '' })
  const rootfs = { type: 'layers', diff_ids: [sha256('another')] }
  putIndex(root, { 'bad:v1': putImage(root, { tars: [tar], config: { rootfs } }) })
  const { code, err } = await stepbox(['run', 'bad:v1', 'true'], { root })
  expect([code, err]).toEqual([125, expect.stringContaining(`not to ${sha256('another')}`)])
  expect(await stepbox(['ps'], { root })).toMatchObject({ code: 0, err: '' })
  expect(leftIn(root)).toEqual([])
})

function leftIn(root: string): string[] {
  return ['tmp', 'containers', 'running'].flatMap((name) => readdirSync(join(root, name)))
}

/** Make a file immutable. */
function fix(context: TestContext, path: string): void {
  if (spawnSync('chattr', ['+i', path]).status !== 0)
    context.skip('blocked: the file system of temporary files has no immutable files')
}

/** `stepbox words… last` as root that cannot clear the flag: its exit code and its errors. */
function weakly(root: string, words: string, ...last: string[]): [number | null, string] {
  const node = [process.execPath, program, '--root', root, ...words.split(' '), ...last]
  const args = ['--bounding-set=-linux_immutable', ...node]
  const { status, stderr } = spawnSync('setpriv', args, { encoding: 'utf8' })
  return [status, stderr]
}
