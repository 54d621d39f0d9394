/** Tests. Many processes of Stepbox work on one data root at once. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { listContainers } from '../runtime/container/find.ts'
import { rootWithBusybox } from './busybox.ts'
import { runningContainer, expectNothingLeft } from './running.ts'
import { needs } from './scratch.ts'
import { stepbox } from './stepbox.ts'

describe('many at once', () => {
  test('50 containers start together, and each is its own', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    const numbers = Array.from({ length: 50 }, (_, at) => at)
    const script = (at: number) => `echo ${at} > /own; cat /own; hostname`
    const ended = await Promise.all(
      numbers.map((at) =>
        stepbox(['run', '-h', `box${at}`, 'busybox', 'sh', '-c', script(at)], { root }),
      ),
    )
    expect(ended.filter(({ err }) => err !== '')).toEqual([])
    expect(ended.map(({ out }) => out)).toEqual(numbers.map((at) => `${at}\nbox${at}\n`))
    const kept = listContainers(root)
    expect(kept).toHaveLength(50)
    for (const { groups = [] } of kept) expect(groups.filter(existsSync)).toEqual([])
  }, 60_000)

  test('of several that want one name, one gets it', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    const ended = await Promise.all(
      Array.from({ length: 6 }, () =>
        stepbox(['run', '--name', 'one', 'busybox', 'true'], { root }),
      ),
    )
    expect(ended.map(({ code }) => code).sort()).toEqual([0, 125, 125, 125, 125, 125])
    expect(ended.find(({ code }) => code === 125)?.err).toContain("the name 'one' is in use")
    expect(readdirSync(join(root, 'containers'))).toHaveLength(1)
  })

  test('of two that remove one container, one says it is gone', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    await stepbox(['run', '--name', 'twice', 'busybox', 'true'], { root })
    const ended = await Promise.all([1, 2].map(() => stepbox(['rm', 'twice'], { root })))
    expect(ended.map(({ code }) => code).sort()).toEqual([0, 1])
    expect(readdirSync(join(root, 'containers'))).toEqual([])
    expect(readdirSync(join(root, 'names'))).toEqual([])
  })

  test('rm -f of a running container ends both', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    const { started, container } = await runningContainer(root, ['--name', 'busy'])
    expect(await stepbox(['rm', 'busy'], { root })).toMatchObject({ code: 1 })
    expect(await stepbox(['rm', '-f', 'busy'], { root })).toMatchObject({ code: 0, err: '' })
    expect((await started.ended).code).toBe(137)
    await expectNothingLeft(root, container)
    expect(readdirSync(join(root, 'containers'))).toEqual([])
  })
})
