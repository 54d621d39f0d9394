/** Tests: a container stands still as long as somebody reads it, and no longer. */
import { execFileSync } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, type TestContext } from 'vitest'
import { thaw } from '../../runtime/02-cgroups/group-control.ts'
import { thawAbandoned, whileFrozen } from '../../runtime/05-commit/frozen.ts'
import type { Container } from '../../runtime/options.ts'
import { identify } from '../../runtime/process.ts'
import { rootWithBusybox } from '../../test/busybox.ts'
import { runningContainer } from '../../test/running.ts'
import { needs } from '../../test/scratch.ts'
import { start, stepbox } from '../../test/stepbox.ts'

async function running(context: TestContext) {
  needs(context, 'root', 'cgroup-freezer', 'overlay')
  const root = await rootWithBusybox()
  const { container, started } = await runningContainer(root, ['--name', 'busy'])
  onTestFinished(async () => {
    thaw(container.groups ?? [])
    await stepbox(['rm', '-f', 'busy'], { root })
    await started.ended
  })
  return { root, container, marks: () => readdirSync(join(root, 'tmp')) }
}

/** Whether a control group of the container is frozen or about to be. */
function isFrozen({ groups = [] }: Container): boolean {
  const files = groups.flatMap((dir) => [`${dir}/cgroup.freeze`, `${dir}/freezer.state`])
  return files.some((file) => /^(1|FROZEN|FREEZING)$/m.test(contentOf(file)))
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return '' // ignoring: the other version of control groups
  }
}

/** A reader: it has come when `begun` resolves, and leaves when `leave` is called. */
function reader(root: string, container: Container) {
  const events = new EventEmitter()
  const begun = once(events, 'begun')
  const ended = whileFrozen(root, container, async () => {
    const left = once(events, 'leave')
    events.emit('begun')
    await left
    return 'read'
  })
  const leave = () => {
    events.emit('leave')
    return ended
  }
  return { begun, leave }
}

test('of two readers of a container, the last to leave thaws it', async (context) => {
  const { root, container, marks } = await running(context)
  const [one, other] = [reader(root, container), reader(root, container)]
  await Promise.all([one.begun, other.begun])
  expect([isFrozen(container), marks().length]).toEqual([true, 2])
  await one.leave()
  expect([isFrozen(container), marks().length]).toEqual([true, 1])
  await other.leave()
  expect([isFrozen(container), marks()]).toEqual([false, []])
})

test('the mark of a killed reader thaws the container, when no other reads it', async (context) => {
  const { root, container, marks } = await running(context)
  const one = reader(root, container)
  await one.begun
  const by = { ...identify(process.pid), start: 1 }
  const mark = join(root, 'tmp', `frozen-${container.id}-1-1`)
  writeFileSync(mark, JSON.stringify({ by, groups: container.groups }))
  await thawAbandoned(root)
  expect([isFrozen(container), marks().length]).toEqual([true, 1])
  writeFileSync(mark, JSON.stringify({ by, groups: container.groups }))
  await one.leave()
  expect([isFrozen(container), marks().length]).toEqual([false, 1])
})

test('one of two commits is killed: the other and the container go on', async (context) => {
  const { root, container } = await running(context)
  const held = reader(root, container)
  await held.begun
  const killed = start(['commit', 'busy', 'a'], { root })
  killed.process.kill('SIGKILL')
  await killed.ended
  expect((await stepbox(['commit', 'busy', 'b'], { root })).err).toBe('')
  expect(isFrozen(container)).toBe(true)
  await held.leave()
  expect((await stepbox(['images', '-q'], { root })).code).toBe(0)
  expect(isFrozen(container)).toBe(false)
})

test('what was read is read, whatever has become of the mark', async (context) => {
  const { root, container } = await running(context)
  const spoil = async (act: (mark: string) => void) => {
    const one = reader(root, container)
    await one.begun
    const [name = ''] = readdirSync(join(root, 'tmp'))
    act(join(root, 'tmp', name))
    return [await one.leave(), isFrozen(container)]
  }
  expect(await spoil((mark) => rmSync(mark))).toEqual(['read', false])
  const directory = (mark: string) => {
    rmSync(mark)
    mkdirSync(mark)
  }
  expect(await spoil(directory)).toEqual(['read', false])
})

test('a mark says which processes froze a container, and leads nowhere else', async (context) => {
  const { root, container } = await running(context)
  const victim = join(root, 'victim')
  writeFileSync(victim, '')
  const mark = join(root, 'tmp', `frozen-${container.id}-1-1`)
  writeFileSync(mark, JSON.stringify({ groups: [], id: 'x', path: victim }))
  execFileSync('mkfifo', [`${mark}-fifo`])
  writeFileSync(`${mark}-odd`, JSON.stringify({ groups: 5, by: 7 }))
  await thawAbandoned(root)
  expect(readFileSync(victim, 'utf8')).toBe('')
  expect(readdirSync(join(root, 'tmp')).filter((name) => name.startsWith('frozen-'))).toEqual([])
})
