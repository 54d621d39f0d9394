/** Tests. Data roots in which nothing can be made: the message says why, and what to type. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { rootWithBusybox } from './busybox.ts'
import { needs, scratch } from './scratch.ts'
import { program, stepbox } from './stepbox.ts'

test.for(['run -d busybox true', 'create busybox true', 'start box', 'rm box'])(
  'a data root that is mounted read-only is named as such: %s',
  async (words, context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    await stepbox(['create', '--name', 'box', 'busybox', 'true'], { root })
    const line = `mount --bind '${root}' '${root}' && mount -o remount,bind,ro '${root}' &&
      exec '${process.execPath}' '${program}' --root '${root}' ${words}`
    const { stderr, status } = spawnSync('unshare', ['-m', 'sh', '-c', line], { encoding: 'utf8' })
    const told = 'the data root is mounted read-only; to take another: --root DIR'
    expect(stderr).toMatch(/^stepbox: .*EROFS/)
    expect(stderr.split('\n').slice(1)).toEqual([`  ${told}`, ''])
    expect(status).toBeGreaterThan(0)
  },
)

test('a mount in the data root is named as such', async (context) => {
  needs(context, 'root')
  const root = await rootWithBusybox()
  await stepbox(['volume', 'create', 'vol'], { root })
  const line = `mount -t tmpfs none '${root}/volumes' &&
    exec '${process.execPath}' '${program}' --root '${root}' volume create other`
  const { stderr, status } = spawnSync('unshare', ['-m', 'sh', '-c', line], { encoding: 'utf8' })
  expect(stderr).toMatch(/^stepbox: .*EXDEV.*\n  something is mounted in the data root, .*\n$/)
  expect(status).toBe(1)
})

test('a data root with a path too long for what is in it is named as such', async (context) => {
  needs(context, 'root')
  const root = join(scratch(), ...Array.from({ length: 39 }, () => 'x'.repeat(99)))
  const { err } = await stepbox(['import', '--busybox'], { root })
  expect(err).toMatch(/ENAMETOOLONG.*\n  the path of the data root is too long: --root DIR\n$/)
})
