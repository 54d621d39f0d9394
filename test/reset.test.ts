/** Tests. `stepbox reset` after kill -9, in many ways; and where there is nothing to do. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { listContainers, runningContainers } from '../runtime/container/find.ts'
import { newId } from '../runtime/container/create.ts'
import { freeze, processesIn, thaw } from '../runtime/02-cgroups/group-control.ts'
import { identify } from '../runtime/process.ts'
import { chapters } from '../chapters/table.ts'
import { rootWithBusybox } from './busybox.ts'
import { statusOf, until } from './carry-out.ts'
import { entriesOf, kill, kinds, nativeOf, reset, running } from './resetting.ts'
import { imageOf } from './rows.ts'
import { needs, scratch } from './scratch.ts'
import { start, stepbox } from './stepbox.ts'

const empty = { containers: [], names: [], running: [], tmp: [] }

describe('where nothing is broken', () => {
  test('there is nothing to do', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    expect(await reset(root)).toEqual([])
    await stepbox(['run', '--name', 'kept', 'busybox', 'true'], { root })
    expect(await reset(root)).toEqual([])
    expect(listContainers(root).map(({ name }) => name)).toEqual(['kept'])
    expect((await stepbox(['images', '-q'], { root })).out).not.toBe('')
  })

  test('a running container is left alone, and ended with --force', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    const [started, container] = await running(root)
    expect(await reset(root)).toEqual([])
    expect(kinds(await reset(root, '--dry-run', '--force'))).toEqual(['container'])
    expect(processesIn((container.groups ?? []))).toContain(container.init?.pid)
    expect(kinds(await reset(root, '--force'))).toEqual(['container'])
    expect((await started.ended).code).toBe(137)
    expect((container.groups ?? []).filter(existsSync)).toEqual([])
    expect(runningContainers(root)).toEqual([])
  })

  test('a root that was never used stays unused', async (context) => {
    needs(context, 'root')
    const root = join(scratch(), 'never')
    expect(await reset(root)).toEqual([])
    expect(existsSync(root)).toBe(false)
  })

  test('it is said in words', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    mkdirSync(join(root, 'containers', newId()), { recursive: true })
    const dry = await stepbox(['reset', '--dry-run'], { root })
    expect(dry.out).toMatch(/^would remove .*\/containers\/\w+\n.*begun, and never ran\n/m)
    expect(dry.out).toMatch(/nothing was touched\n$/)
    const { code, out } = await stepbox(['reset'], { root })
    expect([code, out]).toEqual([0, expect.stringMatching(/^removed .*\/containers\/\w+$/m)])
  })
})

describe('kill -9', () => {
  test('of stepbox, at any moment of a start', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    for (let delay = 0; delay < 200; delay += 20) {
      const started = start(['run', '--rm', 'busybox', 'sleep', '1000'], { root })
      await setTimeout(delay)
      await kill(started)
    }
    await reset(root)
    expect(entriesOf(root)).toEqual(empty)
    expect(await reset(root)).toEqual([])
  })

  test.for(chapters)('of stepbox while chapter $number runs', async ({ slug }, context) => {
    needs(context, 'root', 'overlay')
    const root = await rootWithBusybox()
    const words = ['run', ...(await imageOf(slug)), 'sh', '-c', 'echo ready; sleep 1000']
    const started = start(['--chapter', slug, ...words], { root })
    await started.says('ready')
    const isOnRecord = () => runningContainers(root)[0]?.init !== undefined
    await until(isOnRecord, () => 'a container whose first process is on record')
    const [container] = runningContainers(root)
    await kill(started)
    // A monitor clears up as well: whoever comes first does it.
    for (const deed of await reset(root))
      expect(deed).toMatchObject({ kind: 'container', done: true })
    const left = () => [
      ...(container?.groups ?? []).filter(existsSync),
      ...runningContainers(root).map(({ id }) => id),
      ...readdirSync(join(root, 'tmp')),
    ]
    await until(() => left().length === 0, () => `the end of ${left().join()}`)
  })

  test('of stepbox, while its container was frozen and cannot die', async (context) => {
    needs(context, 'root', 'cgroup-freezer')
    const [root, other] = [await rootWithBusybox(), await rootWithBusybox()]
    const [started, container] = await running(root)
    onTestFinished(() => thaw((container.groups ?? [])))
    const native = nativeOf(container)
    await freeze((container.groups ?? []))
    await kill(started)
    expect(await reset(other, '--force')).toEqual([])
    expect(identify(native)).toBeDefined()
    expect(kinds(await reset(root, '--force'))).toEqual(['container'])
    expect((container.groups ?? []).filter(existsSync)).toEqual([])
    await until(
      () => !identify(native),
      () => 'the end of the native program',
    )
    expect(container.init && identify(container.init.pid)).toBeUndefined()
  })

  test('of whoever froze a container that goes on living', async (context) => {
    needs(context, 'root', 'cgroup-freezer')
    const root = await rootWithBusybox()
    const [, container] = await running(root)
    onTestFinished(() => thaw((container.groups ?? [])))
    await freeze((container.groups ?? []))
    const dead = { ...identify(process.pid), start: 1 }
    writeFileSync(
      join(root, 'tmp', `frozen-${container.id}-1`),
      JSON.stringify({ by: dead, groups: (container.groups ?? []) }),
    )
    expect(kinds(await reset(root))).toEqual(['frozen'])
    expect(readdirSync(join(root, 'tmp'))).toEqual([])
    await until(
      () => statusOf(container.init?.pid ?? 0, 'State').startsWith('S'),
      () => 'the container to go on',
    )
    expect(runningContainers(root)).toHaveLength(1)
  })

  test('not, while somebody holds a container still', async (context) => {
    needs(context, 'root', 'cgroup-freezer')
    const root = await rootWithBusybox()
    const [, container] = await running(root)
    onTestFinished(() => thaw((container.groups ?? [])))
    await freeze((container.groups ?? []))
    const by = identify(process.pid)
    const mark = join(root, 'tmp', `frozen-${container.id}-${process.pid}`)
    writeFileSync(mark, JSON.stringify({ by, groups: (container.groups ?? []) }))
    expect(await reset(root)).toEqual([])
    expect(existsSync(mark)).toBe(true)
  })
})
