/** Mounts that travel: shared, slave and private, tried out from both sides. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, type TestContext } from 'vitest'
import { privateMounts } from '../../runtime/01-namespaces/namespaces.ts'
import type { Call } from '../../runtime/calls.ts'
import type { MountFlag } from '../../runtime/flag-names.ts'
import type { Step } from '../../runtime/step.ts'
import { begin, steps } from '../../test/carry-out.ts'
import { needs, scratch } from '../../test/scratch.ts'
import { contain, mountsOf, within } from './contain.ts'

const bare = (target: string, flags: MountFlag[]): Call => [
  'mount',
  null,
  target,
  null,
  flags,
  null,
]

interface Sides {
  /** Whether a mount that was made inside is seen outside, and the other way round. */
  insideOut: boolean
  outsideIn: boolean
}

/**
 * The native program stays outside and its child goes inside, into a copy of all mounts. Outside,
 * the stage is shared with that copy; `marks` are carried out inside, then both sides mount.
 */
async function tryOut(context: TestContext, marks: (stage: string) => Step[]): Promise<Sides> {
  needs(context, 'root', 'nsenter')
  const stage = scratch()
  const list = [
    ...steps(
      ['unshare', ['CLONE_NEWNS']],
      bare('/', ['MS_REC', 'MS_PRIVATE']),
      ['mount', 'stage', stage, 'tmpfs', [], null],
      bare(stage, ['MS_SHARED']),
      ['mkdir', join(stage, 'inside'), 0o755],
      ['mkdir', join(stage, 'outside'), 0o755],
      ['fork'],
      ['unshare', ['CLONE_NEWNS']],
    ),
    ...marks(stage),
    ...steps(
      ['mount', 'new', join(stage, 'inside'), 'tmpfs', [], null],
      ['execvpe', 'sh', ['sh', '-c', 'echo ready; read line'], ['PATH=/usr/bin:/bin']],
    ),
  ]
  const { launched, says, reported } = begin(list)
  await says('ready')
  const inside = (await reported(6)).result
  within(launched.pid, '-m', `mount -t tmpfs new ${join(stage, 'outside')}`)
  expect(mountsOf(inside)).toContain(join(stage, 'inside'))
  expect(mountsOf(launched.pid)).toContain(join(stage, 'outside'))
  expect(mountsOf('self').filter((path) => path.startsWith(stage))).toEqual([])
  return {
    insideOut: mountsOf(launched.pid).includes(join(stage, 'inside')),
    outsideIn: mountsOf(inside).includes(join(stage, 'outside')),
  }
}

describe('what is mounted on one side of a copied mount is seen on the other', () => {
  test('in both directions when the copy stays shared', async (context) => {
    expect(await tryOut(context, () => [])).toEqual({ insideOut: true, outsideIn: true })
  })

  test('inwards alone when the copy is a slave', async (context) => {
    const slave = (stage: string) => steps(bare(stage, ['MS_SLAVE']))
    expect(await tryOut(context, slave)).toEqual({ insideOut: false, outsideIn: true })
  })

  test('in no direction when the copy is private', async (context) => {
    const own = (stage: string) => steps(bare(stage, ['MS_PRIVATE']))
    expect(await tryOut(context, own)).toEqual({ insideOut: false, outsideIn: false })
  })

  test('in no direction after the line of the list: / and all below', async (context) => {
    expect(await tryOut(context, privateMounts)).toEqual({ insideOut: false, outsideIn: false })
  })

  test('still in both when / alone is made private', async (context) => {
    const rootAlone = () => steps(bare('/', ['MS_PRIVATE']))
    expect(await tryOut(context, rootAlone)).toEqual({ insideOut: true, outsideIn: true })
  })
})

describe('on a machine whose mounts are shared', () => {
  test('a container mounts as it likes, and the machine keeps its mounts', async (context) => {
    needs(context, 'nsenter')
    const dir = scratch()
    mkdirSync(join(dir, 'a'))
    const script = `mount -t tmpfs new ${dir}/a; echo ready; read line; umount /proc`
    const container = contain(context, script)
    await container.says('ready')
    const isOurs = (path: string) => path === '/proc' || path.startsWith(dir)
    expect(mountsOf(await container.first()).filter(isOurs)).toContain(`${dir}/a`)
    expect(mountsOf(container.machine).filter(isOurs)).toEqual(mountsOf('self').filter(isOurs))
    within(container.machine, '-m', `mount -t tmpfs new ${dir}`)
    expect(mountsOf(await container.first())).not.toContain(dir)
    container.launched.process.stdin?.end('\n')
    expect(await container.launched.outcome).toEqual({ exitCode: 0 })
  })

  test("without the line, the container's /proc covers the machine's", async (context) => {
    needs(context, 'root', 'nsenter')
    const calls = steps(
      ['unshare', ['CLONE_NEWNS']],
      bare('/', ['MS_REC', 'MS_PRIVATE']),
      bare('/', ['MS_REC', 'MS_SHARED']),
      ['unshare', ['CLONE_NEWPID']],
      ['fork'],
      ['unshare', ['CLONE_NEWNS']],
      ['mount', 'proc', '/proc', 'proc', [], null],
      ['execvpe', 'sh', ['sh', '-c', 'echo ready; read line'], ['PATH=/usr/bin:/bin']],
    )
    const { launched, says } = begin(calls)
    await says('ready')
    const look = 'test -e /proc/self && echo there || echo empty'
    expect(within(launched.pid, '-m', look)).toBe('empty\n')
    within(launched.pid, '-m', 'umount /proc')
    expect(within(launched.pid, '-m', look)).toBe('there\n')
  })
})
