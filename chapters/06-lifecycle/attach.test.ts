/** Tests. Clients of a container that lives on: what they see, type, and leave. */
import { once } from 'node:events'
import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi, type TestContext } from 'vitest'
import { client } from '../../runtime/06-lifecycle/attach.ts'
import { launch } from '../../runtime/native.ts'
import { signalTo } from '../../runtime/process.ts'
import { rootWithBusybox } from '../../test/busybox.ts'
import { detached, runDetached, until, type Detached } from '../../test/detached.ts'
import { treeOf } from '../../test/kills/tree.ts'
import { needs } from '../../test/scratch.ts'
import { start, stepbox } from '../../test/stepbox.ts'

interface Client {
  said: () => string
  type: (text: string) => void
  /** No more input. */
  close: () => void
  kill: () => void
  ended: Promise<number>
}

/** A client with pipes. */
function attached({ dir }: Detached): Client {
  const wanted = { directory: dir, hasTerminal: false, milliseconds: 5000 }
  const plan = client({ ...wanted, streams: [true, true, true] })
  const { process: child, outcome } = launch(plan, { stdio: ['pipe', 'pipe', 'pipe'] })
  let text = ''
  child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()))
  onTestFinished(() => void child.kill('SIGKILL'))
  return {
    said: () => text,
    type: (line) => void child.stdin?.write(line),
    close: () => void child.stdin?.end(),
    kill: () => void child.kill('SIGKILL'),
    ended: outcome.then(({ exitCode }) => exitCode),
  }
}

const echoing = 'while read -r line; do echo "got $line"; done; echo over; exit 6'

async function running(context: TestContext, flags: string[], script = echoing) {
  needs(context, 'root', 'overlay')
  const root = await rootWithBusybox()
  return { root, box: await runDetached(root, flags, script) }
}

describe('start -a', () => {
  async function created(context: TestContext, flags: string[], script: string) {
    needs(context, 'root', 'overlay')
    const root = await rootWithBusybox()
    const args = ['create', ...flags, '--name', 'box', 'busybox', 'sh', '-c', script]
    expect(await stepbox(args, { root })).toMatchObject({ code: 0, err: '' })
    return root
  }

  test('shows all that is written, output and errors apart, and ends alike', async (context) => {
    const root = await created(context, [], 'echo out; echo err >&2; exit 4')
    for (let times = 0; times < 2; times++)
      expect(await stepbox(['start', '-a', 'box'], { root })).toMatchObject({
        code: 4,
        out: 'out\n',
        err: 'err\n',
      })
  })

  test('-i hands the input over, and its end', async (context) => {
    const root = await created(context, ['-i'], 'cat; echo done')
    const input = 'x'.repeat(300_000)
    const ended = await stepbox(['start', '-ai', 'box'], { root, input })
    expect(ended).toMatchObject({ code: 0, out: `${input}done\n` })
  })

  test('passes a signal on, and tells what became of it', async (context) => {
    const script = 'trap "echo caught; exit 9" USR1; echo ready; while :; do sleep 0.01; done'
    const root = await created(context, [], script)
    const started = start(['start', '-a', 'box'], { root })
    await started.says('ready')
    started.process.kill('SIGUSR1')
    expect(await started.ended).toMatchObject({ code: 9, out: 'ready\ncaught\n' })
  })

  test('says why a container does not start, and leaves no client behind', async (context) => {
    needs(context, 'root', 'overlay')
    const root = await rootWithBusybox()
    await stepbox(['create', '--name', 'box', 'busybox', 'nosuch'], { root })
    const { code, err } = await stepbox(['start', '-a', 'box'], { root })
    expect(code).toBe(1)
    expect(err).toContain('execvpe("nosuch", …) = ENOENT')
  })
})

describe('a client of a container that runs', () => {
  test('types, and sees; so does another one at the same time', async (context) => {
    const { box } = await running(context, ['-i'], `(while sleep 0.02; do echo; done) & ${echoing}`)
    const both = [attached(box), attached(box)] as const
    await until(() => both.every(({ said }) => said() !== '')) // they are let in
    const [first, second] = both
    first.type('one\n')
    await until(() => both.every(({ said }) => said().includes('got one\n')))
    first.kill()
    await first.ended
    second.type('two\n')
    await until(() => second.said().includes('got two\n'))
    expect(box.logged().replace(/^\n/gm, '')).toBe('got one\ngot two\n')
  })

  test('that is killed, or has no more input, leaves the container as it is', async (context) => {
    const { box } = await running(context, ['-i'])
    const first = attached(box)
    first.type('one\n')
    await until(() => first.said() === 'got one\n')
    first.close()
    const second = attached(box)
    second.type('two\n')
    await until(() => first.said() === 'got one\ngot two\n')
    first.kill()
    await first.ended
    expect(box.state().status).toBe('running')
  })

  test('that does not read holds it up no longer than it lives', async (context) => {
    const much = 'read -r go; head -c 3000000 /dev/zero | tr "\\0" x; echo; echo written'
    const { box } = await running(context, ['-i'], much)
    const plan = client({
      directory: box.dir,
      streams: [false, true, true],
      hasTerminal: false,
      milliseconds: 5000,
    })
    const stuck = launch(plan, { stdio: ['ignore', 'pipe', 'ignore'] })
    onTestFinished(() => void stuck.process.kill('SIGKILL'))
    const other = attached(box)
    other.type('go\n')
    await until(() => other.said().length > 65_000)
    stuck.process.kill('SIGKILL')
    await once(stuck.process, 'exit')
    expect(await other.ended).toBe(0)
    expect(other.said().length).toBe(3_000_009)
  })

  test('is let in below a data root whose path is longer than an address', async (context) => {
    needs(context, 'root', 'overlay')
    const from = await rootWithBusybox()
    const root = join(from, 'd'.repeat(120))
    mkdirSync(root)
    for (const name of ['oci-layout', 'index.json', 'blobs'])
      cpSync(join(from, name), join(root, name), { recursive: true })
    const args = ['create', '--name', 'box', 'busybox', 'echo', 'far']
    const { out } = await stepbox(args, { root })
    expect(await stepbox(['start', '-a', 'box'], { root })).toMatchObject({ code: 0, out: 'far\n' })
    await detached(root, out.trim()).settled()
  })
})

test('a client that is killed before it is let in ends the start', async (context) => {
  needs(context, 'root')
  const root = await rootWithBusybox()
  await stepbox(['create', '--name', 'box', 'busybox', 'true'], { root })
  const starting = start(['start', '-a', 'box'], { root })
  const client = () => treeOf(starting.process.pid ?? 0).find(({ what }) => what !== 'stepbox')
  await vi.waitFor(() => expect(client()).toBeDefined(), { interval: 1, timeout: 20_000 })
  const { id } = client() ?? {}
  if (id) signalTo(id, 'SIGKILL')
  const { code, err } = await starting.ended
  expect([code, err]).toEqual([expect.any(Number), expect.stringContaining('was killed')])
  expect((await stepbox(['start', '-a', 'box'], { root })).code).toBe(0)
})
