/** Tests. Events: what commands and monitors do, in one order, as it was and as it comes. */
import { appendFileSync, existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, type TestContext } from 'vitest'
import { rootWithBusybox } from '../../test/busybox.ts'
import { runDetached, until } from '../../test/detached.ts'
import { needs } from '../../test/scratch.ts'
import { start, stepbox, type Ended } from '../../test/stepbox.ts'

async function fresh(context: TestContext): Promise<string> {
  needs(context, 'root', 'overlay')
  return rootWithBusybox()
}

/** Without those of networks, to which containers of later chapters belong. */
const ofContainers = ['-f', 'type=container']

/** The lines of `events` up to now, each without its time, and with ID for ids. */
async function seen(root: string, ...flags: string[]): Promise<string[]> {
  const types = flags.some((flag) => flag.startsWith('type=')) ? [] : ofContainers
  return shown(await stepbox(['events', '--until', '0s', ...types, ...flags], { root }))
}

function shown({ code, out, err }: Ended): string[] {
  expect({ code, err }).toEqual({ code: 0, err: '' })
  return bare(out)
}

function bare(out: string): string[] {
  const lines = out.split('\n').filter(Boolean)
  return lines.map((line) => line.replace(/^\S+ container /, '').replace(/[0-9a-f]{64}/g, 'ID'))
}

/** Commands, one after the other. */
async function type(root: string, ...lines: string[]): Promise<void> {
  for (const line of lines) await stepbox(line.split(' '), { root })
}

/** `events`, left running until the end of the test. */
function followed(root: string, ...flags: string[]) {
  const follower = start(['events', ...ofContainers, ...flags], { root })
  follower.ended.catch(() => {}) // ignoring: the test is over
  onTestFinished(async () => {
    follower.process.kill()
    await follower.ended
  })
  return follower
}

const of = '(image=busybox:latest, name=it)'

describe('events', () => {
  test('are what commands did, and what the monitor did in between', async (context) => {
    const root = await fresh(context)
    const flags = ['--name', 'it', '--restart', 'on-failure:1']
    await (await runDetached(root, flags, 'exit 4')).settled()
    await type(root, 'rename it that', 'rm that')
    const failed = '(exitCode=4, image=busybox:latest, name=it)'
    expect(await seen(root)).toEqual([
      ...[`create ID ${of}`, `start ID ${of}`, `die ID ${failed}`],
      ...[`start ID ${of}`, `die ID ${failed}`],
      'rename ID (image=busybox:latest, name=that, oldName=/it)',
      'destroy ID (image=busybox:latest, name=that)',
    ])
  })

  test('of a container in the foreground end with how it ended', async (context) => {
    const root = await fresh(context)
    await stepbox(['run', '--rm', '--name', 'it', 'busybox', 'sh', '-c', 'exit 3'], { root })
    expect(await seen(root)).toEqual([
      ...[`create ID ${of}`, `attach ID ${of}`, `start ID ${of}`],
      ...['die ID (exitCode=3, image=busybox:latest, name=it)', `destroy ID ${of}`],
    ])
  })

  test('have no start and no end of a command that was not executed', async (context) => {
    const root = await fresh(context)
    await type(root, 'run --name it busybox nosuch', 'run -d --name it busybox nosuch')
    const created = [`create ID ${of}`, `destroy ID ${of}`]
    expect(await seen(root)).toEqual([created[0], `attach ID ${of}`, created[1], ...created])
  })

  test('say that memory ran out, before the end, whoever waits', async (context) => {
    needs(context, 'root', 'cgroup-memory')
    const root = await fresh(context)
    const grow = ['busybox', 'sh', '-c', 'x=x; while :; do x=$x$x; done']
    await stepbox(['run', '-m', '8m', '--rm', ...grow], { root })
    await stepbox(['run', '-m', '8m', '-d', '--name', 'it', ...grow], { root })
    await type(root, 'wait it')
    const names = (await seen(root)).map((line) => line.split(' ', 1)[0])
    const common = ['start', 'oom', 'die']
    expect(names).toEqual(['create', 'attach', ...common, 'destroy', 'create', ...common])
  })

  test('have one end of a container whose monitor was killed', async (context) => {
    const root = await fresh(context)
    const box = await runDetached(root, ['--name', 'it'], 'exec sleep 1000')
    process.kill(box.state().monitor.pid, 'SIGKILL')
    await Promise.all(['a', 'b', 'c'].map(() => stepbox(['ps'], { root })))
    await box.settled()
    const ends = await seen(root, '-f', 'event=die')
    expect(ends).toEqual(['die ID (exitCode=137, image=busybox:latest, name=it)'])
  })

  test('name the signals that were sent, before the end that they bring', async (context) => {
    const root = await fresh(context)
    await runDetached(root, ['--name', 'it'], 'trap "" USR1; while :; do sleep 1; done')
    await type(root, 'kill -s USR1 it', 'restart -t 0 it', 'kill it', 'rm -f it')
    const signal = (number: number) => `kill ID (image=busybox:latest, name=it, signal=${number})`
    const killed = 'die ID (exitCode=137, image=busybox:latest, name=it)'
    expect(await seen(root)).toEqual([
      ...[`create ID ${of}`, `start ID ${of}`, signal(10)],
      ...[signal(15), signal(9), killed, `stop ID ${of}`, `start ID ${of}`, `restart ID ${of}`],
      ...[signal(9), killed, `destroy ID ${of}`],
    ])
  })
})

describe('who follows', () => {
  test('hears only what comes, also what no command does', async (context) => {
    const root = await fresh(context)
    await type(root, 'create --name before busybox')
    const follower = followed(root, '-f', 'container=it')
    const box = await runDetached(root, ['--name', 'it', '--restart', 'always'], 'sleep 0.1')
    await follower.says('die')
    const deaths = () => readFileSync(join(root, 'events'), 'utf8').split('"die"').length
    const so = deaths()
    await until(() => deaths() > so + 1) // it may have begun to listen after the first start
    await stepbox(['rm', '-f', box.id], { root })
    await follower.says('destroy')
    follower.process.kill()
    const lines = bare((await follower.ended).out)
    expect(lines.filter((line) => line.startsWith('start')).length).toBeGreaterThan(1)
    expect(lines.filter((line) => line.includes('before'))).toEqual([])
  })

  test('ends at the time given', async (context) => {
    const root = await fresh(context)
    await type(root, 'create --name it busybox')
    const soon = String(Date.now() / 1000 + 0.5)
    const all = await stepbox(['events', ...ofContainers, '--until', soon], { root })
    expect(Date.now() / 1000).toBeGreaterThanOrEqual(Number(soon))
    expect(shown(all)).toEqual([`create ID ${of}`])
  })

  test('goes on in the new file when one is full; the old one is still read', async (context) => {
    const root = await fresh(context)
    const path = join(root, 'events')
    await type(root, 'create --name first busybox')
    const line = { time: '1764375600.000000000', id: 'x', action: 'filled', attributes: {} }
    const filler = `${JSON.stringify(line)}\n`.repeat(15_000)
    const follower = followed(root, '--since', '1h')
    await follower.says('name=first')
    appendFileSync(path, filler)
    await type(root, 'create --name second busybox', 'create --name third busybox')
    await follower.says('name=third')
    expect(statSync(`${path}.1`).size).toBeGreaterThan(2 ** 20)
    expect(statSync(path).size).toBeLessThan(2 ** 12)
    const made = await seen(root, '-f', 'event=create')
    expect(made.map((each) => each.slice(-6))).toEqual(['first)', 'econd)', 'third)'])
  })
})

describe('what can be asked of events', () => {
  async function some(context: TestContext): Promise<string> {
    const root = await fresh(context)
    await type(root, 'create --name it -l k=v -l A=b busybox', 'create --name other -l k busybox')
    await type(root, 'rm it')
    return root
  }

  const filters: [given: string, names: string][] = [
    ['container=it', 'create:it destroy:it'],
    ['container=o', 'create:other'],
    ['event=create', 'create:it create:other'],
    ['event=create event=destroy container=it', 'create:it destroy:it'],
    ['label=k', 'create:it create:other destroy:it'],
    ['label=k=v label=A', 'create:it destroy:it'],
    ['image=busybox event=destroy', 'destroy:it'],
    ['image=busy', ''],
    ['type=image', ''],
  ]

  test('filters: one key has alternatives, and labels have none', async (context) => {
    const root = await some(context)
    const format = ['--format', '{{.Action}}:{{.Actor.Attributes.name}}']
    const found = filters.map(async ([given]) => {
      const flags = given.split(' ').flatMap((filter) => ['-f', filter])
      return [given, (await seen(root, ...flags, ...format)).join(' ')]
    })
    expect(await Promise.all(found)).toEqual(filters)
  })

  test('times: those from --since on, and up to --until', async (context) => {
    const root = await some(context)
    const times = (await seen(root, '--format', '{{.TimeNano}}')).map((nanoseconds) =>
      nanoseconds.replace(/\d{9}$/, '.$&'),
    )
    const [, second = ''] = times
    const at = ['events', ...ofContainers, '--format', '{{.Time}}']
    const count = async (...how: string[]) => shown(await stepbox([...at, ...how], { root })).length
    const counts = [count('--until', second), count('--since', second, '--until', '0s')]
    expect(await Promise.all(counts)).toEqual([2, 2])
    expect(await count('--since', second, '--until', second)).toBe(1)
  })

  test('formats: a line of JSON each, with the fields of Docker', async (context) => {
    const root = await some(context)
    const typed = ['events', ...ofContainers, '--until', '0s', '--format', 'json']
    const { out } = await stepbox(typed, { root })
    const [first] = out.trim().split('\n').map((line) => JSON.parse(line) as { id: string })
    expect(first).toEqual({
      ...{ status: 'create', id: first?.id, from: 'busybox:latest', Type: 'container' },
      ...{ Action: 'create', scope: 'local', time: expect.any(Number) as number },
      Actor: {
        ID: first?.id,
        Attributes: { A: 'b', image: 'busybox:latest', k: 'v', name: 'it' },
      },
      timeNano: expect.any(Number) as number,
    })
    const fields = '{{.Type}} {{.Status}} {{.ID}} {{.From}} {{.Scope}} {{.Actor.Attributes}}'
    expect((await seen(root, '--format', fields))[1]).toBe(
      'container create ID busybox:latest local map[image:busybox:latest k: name:other]',
    )
  })

  test('zones: the time of whoever reads it', async (context) => {
    const root = await some(context)
    const at = async (TZ: string) =>
      (await stepbox(['events', '--until', '0s'], { root, env: { TZ } })).out.split(' ')[0] ?? ''
    const [utc, west] = [await at('UTC'), await at('America/St_Johns')]
    expect(west).toMatch(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{9}-0[23]:30$/)
    expect([utc.at(-1), Date.parse(west)]).toEqual(['Z', Date.parse(utc)])
  })
})

test('a line that a full disk has cut costs no other one', async (context) => {
  const root = await fresh(context)
  appendFileSync(join(root, 'events'), '{"time":"1764375600.0000')
  await type(root, 'create --name it busybox')
  expect(await seen(root)).toEqual([`create ID ${of}`])
})

test('before this chapter there are none', async (context) => {
  const root = await fresh(context)
  const setting = { root, env: { STEPBOX_CHAPTER: '5' } }
  await stepbox(['run', '--rm', 'busybox', 'true'], setting)
  expect(existsSync(join(root, 'events'))).toBe(false)
  expect((await stepbox(['events'], setting)).err).toContain("'events' comes in chapter 6")
})
