/** Tests: the commands that begin and end containers, and change them in between. */
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { chapters } from '../table.ts'
import { isFrozen } from '../../runtime/02-cgroups/group-control.ts'
import { amendContainer } from '../../runtime/container/amendments.ts'
import { reserve } from '../../runtime/container/reservations.ts'
import { containerDir } from '../../runtime/container/state.ts'
import { makePlace } from '../../runtime/data-root.ts'
import { listContainers } from '../../runtime/container/find.ts'
import { isAlive } from '../../runtime/process.ts'
import { runDetached, until } from '../../test/detached.ts'
import { start, stepbox } from '../../test/stepbox.ts'
import { hearing, store } from './hearing.ts'

describe('create and start', () => {
  test('lay a container out first, and run it later, with what it wrote kept', async (context) => {
    const { root, typed, only } = await store(context)
    const id = await typed('create --name box busybox sh -c', 'echo one >> /file; cat /file')
    expect(only()).toMatchObject({ id, status: 'created' })
    expect(existsSync(join(root, 'running', id))).toBe(false)
    for (const seen of ['one', 'one\none']) {
      expect(await typed('start box')).toBe('box')
      expect(await typed('wait box')).toBe('0')
      expect((await typed('logs box')).endsWith(seen)).toBe(true)
    }
  })

  test('a container of chapter 5 lives on when it is started again', async (context) => {
    const { root, typed, only } = await store(context)
    await stepbox(['--chapter', '5', 'run', '--name', 'old', 'busybox', 'true'], { root })
    expect(only()).toMatchObject({ chapter: 5, status: 'exited' })
    expect(await typed('start old')).toBe('old')
    expect(only()).toMatchObject({ chapter: chapters.at(-1)?.number, detach: true })
  })

  test('one without layers is refused in words, and stays as it was', async (context) => {
    const { root, typed, only } = await store(context)
    await stepbox(['--chapter', '3', 'run', '--name', 'old', 'busybox', 'true'], { root })
    expect(await typed('start old')).toContain("container 'old' is of chapter 3, without layers")
    expect(only()).toMatchObject({ chapter: 3, status: 'exited' })
  })

  test('a start that fails leaves the container, with the reason and the code', async (context) => {
    const { root, typed, only } = await store(context)
    const id = await typed('create --name no busybox nosuch')
    const ended = await stepbox(['start', 'no'], { root })
    expect(ended.err).toMatch(/execvpe\("nosuch", …\) = ENOENT\n.*\n {2}not in \/usr/)
    expect(only()).toMatchObject({ status: 'created', exitCode: 127 })
    expect(existsSync(join(root, 'running', id))).toBe(false)
  })
})

describe('wait', () => {
  test('hears the code of one that is removed at its end', async (context) => {
    const { root, typed } = await store(context)
    const run = start(['run', '--rm', '--name', 'fg', 'busybox', 'sh', '-c', hearing], { root })
    await run.says('ready')
    const box = await runDetached(root, ['--rm', '--name', 'box'], hearing)
    await until(() => box.logged() === 'ready\n')
    const waiting = start(['wait', 'fg', 'box'], { root })
    const journal = join(containerDir(root, listContainers(root)[1]?.id ?? ''), 'journal')
    await until(() => existsSync(journal)) // it waits
    await typed('kill -s HUP fg')
    await waiting.says('5\n')
    await typed('stop box')
    expect((await waiting.ended).out).toMatch(/^5\n(4|137)\n$/)
  })

  test('ends at the next end of one that starts again', async (context) => {
    const { root, typed } = await store(context)
    await runDetached(root, ['--restart', 'always', '--name', 'box'], 'sleep 0.1; exit 3')
    expect(await typed('wait box')).toBe('3')
  })
})

describe('pause', () => {
  test('stops all processes where they are, until unpause', async (context) => {
    const { root, typed, only } = await store(context)
    const box = await runDetached(root, ['--name', 'box'], 'while :; do echo; sleep 0.01; done')
    await until(() => box.logged() !== '')
    expect(await typed('pause box')).toBe('box')
    expect(isFrozen(only().groups ?? [])).toBe(true)
    expect(await typed('ps --format {{.State}}')).toBe('paused')
    const size = () => statSync(join(box.dir, `${box.id}-json.log`)).size
    await until(() => readFileSync(`/proc/${box.state().init?.pid}/wchan`, 'utf8') !== '')
    const before = size()
    await typed('ps')
    expect(size()).toBe(before)
    expect(await typed('unpause box')).toBe('box')
    await until(() => size() > before)
  })

  test('outlasts a commit, which reads the container meanwhile', async (context) => {
    const { root, typed, only } = await store(context)
    await runDetached(root, ['--name', 'box'], 'sleep 1000')
    await typed('pause box')
    expect(await typed('commit box image')).toMatch(/^sha256:/)
    expect(isFrozen(only().groups ?? [])).toBe(true)
  })
})

describe('rename', () => {
  test('reaches a container in the foreground, whose run settles it', async (context) => {
    const { root, typed, only } = await store(context)
    const run = start(['run', '--name', 'one', 'busybox', 'sh', '-c', hearing], { root })
    await run.says('ready')
    expect(await typed('rename one two')).toBe('')
    expect(readdirSync(join(root, 'names'))).toEqual(['two'])
    await typed('stop two')
    await run.ended
    expect(only()).toMatchObject({ name: 'two', status: 'exited' })
    expect(await typed('create --name one busybox true')).toMatch(/^[0-9a-f]{64}$/)
  })

  test('leaves nothing of a container that is removed at its end', async (context) => {
    const { root, typed } = await store(context)
    const run = start(['run', '--rm', '--name', 'one', 'busybox', 'sh', '-c', hearing], { root })
    await run.says('ready')
    await typed('rename one two')
    await typed('stop two')
    await run.ended
    expect(readdirSync(join(root, 'names'))).toEqual([])
  })

  for (const what of ['taken by another', 'gone with its container'])
    test(`that was killed leaves a name that can be ${what}`, async (context) => {
      const { root, typed } = await store(context)
      const id = await typed('create --name one busybox true')
      amendContainer(makePlace(root, 'tmp'), containerDir(root, id), { spareName: 'two' })
      reserve(root, { id, name: 'two' })
      if (what.startsWith('taken'))
        expect(await typed('create --name two busybox true')).toMatch(/^[0-9a-f]{64}$/)
      expect(await typed('container prune -f')).toContain(id)
      expect(readdirSync(join(root, 'names'))).toEqual([])
    })
})

describe('update', () => {
  test('changes limits and policy for the next start, too', async (context) => {
    const { root, typed } = await store(context)
    const flags = ['--name', 'box', '--restart', 'always', '-m', '64m']
    const script = 'cat /sys/fs/cgroup/memory*/memory.limit_in_bytes /sys/fs/cgroup/memory.max'
    const box = await runDetached(root, flags, `${script} 2>&-; sleep 0.2; exit 3`)
    expect(await typed('update -m 32m --memory-swap 32m --pids-limit 77 box')).toBe('box')
    const starts = () => box.journal().filter(([kind]) => kind === 'start').length
    const before = starts()
    await until(() => starts() > before)
    const limit = (box.state().groups ?? []).flatMap((dir) =>
      ['memory.limit_in_bytes', 'memory.max'].map((file) => join(dir, file)),
    )
    const file = limit.find((each) => existsSync(each))
    if (file) expect(readFileSync(file, 'utf8')).toBe(`${32 * 2 ** 20}\n`)
    expect(await typed('update --restart no box')).toBe('box')
    expect(await box.settled()).toMatchObject({ restart: { name: 'no' }, exitCode: 3 })
  })
})

describe('what a container is told about itself', () => {
  test('labels are in its config, in filters, and in an image made of it', async (context) => {
    const { typed } = await store(context)
    await typed('create --name box -l a=1 --label b --stop-signal HUP busybox true')
    const labels = 'inspect -f {{json .Config.Labels}}{{.Config.StopSignal}}'.replace(' .', '\0.')
    const words = labels.split(' ').map((word) => word.replace('\0', ' '))
    const look = (name: string) => typed(words[0] ?? '', ...words.slice(1), name)
    expect(await look('box')).toBe('{"a":"1","b":""}HUP')
    expect(await typed('ps -a --filter label=a=1 --format {{.Names}}')).toBe('box')
    expect(await typed('ps -a --filter label=a=2 --format {{.Names}}')).toBe('')
    await typed('commit box image')
    expect(await look('image')).toBe('{"a":"1","b":""}HUP')
    await typed('create --name heir -l a=2 image')
    expect(await look('heir')).toBe('{"a":"2","b":""}HUP')
  })

  test('its id is in the file that was asked for, whatever becomes of it', async (context) => {
    const { root, typed } = await store(context)
    const file = join(root, 'tmp/id')
    await typed('run --rm --cidfile', file, 'busybox', 'nosuch')
    expect(readFileSync(file, 'utf8')).toMatch(/^[0-9a-f]{64}$/)
    const id = await typed('create --cidfile', `${file}2`, 'busybox', 'true')
    expect(readFileSync(`${file}2`, 'utf8')).toBe(id)
  })
})

describe('container prune', () => {
  test('removes what does not run, and keeps what does', async (context) => {
    const { root, typed } = await store(context)
    const id = await typed('create --name new busybox true')
    const old = await typed('create -l keep busybox true')
    const box = await runDetached(root, ['--name', 'box'], 'sleep 1000')
    const said = await stepbox(['container', 'prune'], { root, input: 'n\n' })
    expect(said.out).toContain('WARNING! This will remove all stopped containers.')
    expect(listContainers(root)).toHaveLength(3)
    const total = 'Total reclaimed space: 0B'
    expect(await typed('container prune -f --filter label!=keep')).toBe(
      `Deleted Containers:\n${id}\n\n${total}`,
    )
    expect(await typed('container prune -f --filter until=1h')).toBe(total)
    expect(await typed('container prune -f')).toBe(`Deleted Containers:\n${old}\n\n${total}`)
    expect(listContainers(root)).toEqual([expect.objectContaining({ id: box.id })])
  })
})

test('with --sig-proxy=false a signal ends the run, and the container with it', async (context) => {
  const { root } = await store(context)
  const flags = ['run', '--rm', '--sig-proxy=false', 'busybox', 'sh', '-c', hearing]
  const run = start(flags, { root })
  await run.says('ready')
  run.process.kill('SIGTERM')
  expect(await run.ended).toMatchObject({ code: null, signal: 'SIGTERM' })
  await until(() => listContainers(root).every(({ init }) => !init || !isAlive(init)))
})
