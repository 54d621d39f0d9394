/** Tests. A newcomer, and what it has to do with those who ask for it. */
import { execFileSync, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { onTestFinished, describe, expect, test, type TestContext } from 'vitest'
import { eventsPath } from '../../runtime/06-lifecycle/events.ts'
import { beginExec } from '../../runtime/07-exec/exec-container.ts'
import { findContainer } from '../../runtime/container/find.ts'
import { tryReadlink } from '../../runtime/files.ts'
import type { Alteration } from '../../runtime/container/start.ts'
import { rootWithBusybox } from '../../test/busybox.ts'
import { runDetached, until } from '../../test/detached.ts'
import { runtimeOn } from '../../test/rows.ts'
import { needs } from '../../test/scratch.ts'
import { program, start, stepbox } from '../../test/stepbox.ts'

const idle = 'exec sleep 1000'

/** A container `box` that does nothing, and what is typed about it. */
async function box(context: TestContext, flags: string[] = [], script = idle) {
  needs(context, 'root', 'overlay', 'setns-pidfd')
  const root = await rootWithBusybox()
  const { id, state } = await runDetached(root, ['--name', 'box', ...flags], script)
  const typed = (...args: string[]) => stepbox(args, { root })
  const exec = async (...args: string[]) => {
    const { code, out, err } = await typed('exec', ...args)
    return code === 0 && err === '' ? out.trim() : `${out}${err}${code}`
  }
  return { root, id, state, typed, exec, first: () => state().init?.pid ?? 0 }
}

/** The host's numbers of the processes that are in the container's pid namespace. */
function inside(first: number): number[] {
  const namespace = (pid: number | string) => tryReadlink(`/proc/${pid}/ns/pid`)
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.filter((pid) => namespace(pid) === namespace(first)).map(Number)
}

describe('exec', () => {
  test('has its own input, output, errors and exit code', async (context) => {
    const { root } = await box(context)
    const script = 'read line; echo "$line"; echo err >&2; exit 3'
    const args = ['exec', '-i', 'box', 'sh', '-c', script]
    const seen = await stepbox(args, { root, input: 'hello\n' })
    expect(seen).toMatchObject({ code: 3, out: 'hello\n', err: 'err\n' })
    const killed = await stepbox(['exec', 'box', 'sh', '-c', 'kill -9 $$'], { root })
    expect(killed).toMatchObject({ code: 137 })
  })

  test('looks users up in the files of the container, as they are now', async (context) => {
    const { exec } = await box(context, ['-e', 'A=1'])
    expect(await exec('-u', 'late', 'box', 'id')).toMatch(/unable to find user late.*126$/s)
    await exec('box', 'sh', '-c', 'echo late:x:7:8::/srv: >> /etc/passwd')
    await exec('box', 'sh', '-c', 'echo more:x:9:late >> /etc/group')
    const script = 'id; echo $HOME $A $B; pwd'
    const flags = ['-u', 'late', '-w', '/etc', '-e', 'B=2']
    const said = await exec(...flags, 'box', 'sh', '-c', script)
    expect(said).toBe('uid=7(late) gid=8 groups=8,9(more)\n/srv 1 2\n/etc')
  })

  test('follows no link in the container when it looks for its users', async (context) => {
    const { exec } = await box(context)
    const host = readFileSync('/etc/passwd', 'utf8')
    await exec('box', 'sh', '-c', 'rm -r /etc && ln -s /proc/1/root/nothing /etc')
    expect(host).toContain('daemon:')
    expect(await exec('-u', 'daemon', 'box', 'id')).toMatch(/unable to find user daemon/)
  })

  test('several at once are apart from each other', async (context) => {
    const { exec } = await box(context)
    const numbers = Array.from({ length: 6 }, (_, at) => String(at))
    const said = numbers.map((each) => exec('box', 'echo', each))
    expect(await Promise.all(said)).toEqual(numbers)
  })

  test('ends with the container', async (context) => {
    const { root, typed } = await box(context)
    const newcomer = start(['exec', 'box', 'sh', '-c', `echo in; ${idle}`], { root })
    await newcomer.says('in\n')
    await typed('stop', '-t', '0', 'box')
    expect(await newcomer.ended).toMatchObject({ code: 137 })
  })

  test('says in a line why nothing can be executed', async (context) => {
    const { root, exec, typed } = await box(context)
    const says = async (why: string) => expect(await exec('box', 'true')).toBe(`stepbox: ${why}\n1`)
    await typed('pause', 'box')
    await says("container 'box' is paused; unpause it before exec")
    await typed('unpause', 'box')
    await typed('stop', '-t', '0', 'box')
    await says("container 'box' is not running; stepbox start box")
    await typed('rm', 'box')
    await typed('create', '--name', 'box', 'busybox')
    await says("container 'box' is not running; stepbox start box")
    await typed('run', '-d', '--restart', 'always', '--name', 'again', 'busybox', 'false')
    const waits = () => findContainer(root, 'again') // by then it waits for more than a second
    await until(() => waits().status === 'restarting' && (waits().restarts ?? 0) >= 4)
    expect(await exec('again', 'true')).toMatch(/is restarting; wait until it runs\n1$/)
    expect(await exec('nope', 'true')).toMatch(/no container named 'nope'.*1$/s)
  })

  test.for([
    ['with --init', ['--init']],
    ["with the host's processes", ['--pid', 'host']],
    ['with a root that is read-only', ['--read-only']],
    ["with the host's network", ['--network', 'host']],
  ] as const)('works in a container %s', async ([, flags], context) => {
    const { exec } = await box(context, [...flags])
    const hostname = await exec('box', 'cat', '/etc/hostname')
    expect(await exec('box', 'hostname')).toBe(hostname)
  })

  test('works where something else is mounted on /proc and /dev', async (context) => {
    const { exec, root } = await box(context, [], `mount -t tmpfs none /proc; echo on; ${idle}`)
    const { init } = findContainer(root, 'box')
    const mounts = () => readFileSync(`/proc/${init?.pid}/mountinfo`, 'utf8')
    await until(() => /\/proc rw\S* - tmpfs|\/proc rw.* - tmpfs/.test(mounts()))
    expect(await exec('box', 'echo', 'in')).toBe('in')
  })

  test('works in containers of the chapters before, in the foreground', async (context) => {
    needs(context, 'root', 'overlay', 'setns-pidfd')
    const root = await rootWithBusybox()
    for (const chapter of ['1', '2', '3', '4', '5', '6']) {
      const image = Number(chapter) < 3 ? [] : ['busybox']
      const env = { STEPBOX_CHAPTER: chapter }
      const name = `box${chapter}`
      const args = ['run', '--name', name, '--hostname', name, ...image]
      const run = start([...args, 'sh', '-c', `echo in; ${idle}`], { root, env })
      onTestFinished(() => void run.process.kill('SIGKILL'))
      await run.says('in\n')
      const seen = await stepbox(['exec', name, 'sh', '-c', 'hostname; echo $$'], { root })
      const out = expect.stringMatching(`^${name}\n\\d\n`)
      expect(seen).toMatchObject({ code: 0, err: '', out })
    }
  }, 30_000)
})

test('nobody is let into a container that is half built', async (context) => {
  needs(context, 'root', 'overlay', 'setns-pidfd')
  const root = await rootWithBusybox()
  const child = spawn(process.execPath, [program, '--root', root, 'run', '--step', '--rm', ...half])
  onTestFinished(() => void child.kill('SIGKILL'))
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  child.stdin.write('to pivot_root\n')
  await until(() => /^next \d+ pivot_root/m.test(said))
  const { code, err } = await stepbox(['exec', 'half', 'true'], { root })
  expect(err).toMatch(/is being started; try again when its command runs/)
  expect(code).toBe(1)
  child.stdin.end('continue\n')
  await new Promise((resolve) => child.once('close', resolve))
})

const half = ['--name', 'half', 'busybox', 'true']

describe('who asks for it', () => {
  test('may be killed: the command goes on, and its end is an event', async (context) => {
    const { root, exec } = await box(context)
    const script = 'echo in; until [ -e /go ]; do echo more; sleep 0.01; done; exit 7'
    const newcomer = start(['exec', 'box', 'sh', '-c', script], { root })
    await newcomer.says('in\n')
    newcomer.process.kill('SIGKILL')
    await newcomer.ended
    expect(await exec('box', 'ps')).toContain('until [')
    await exec('box', 'touch', '/go')
    const died = () => readFileSync(eventsPath(root), 'utf8').match(/exec_die.*"exitCode":"7"/)
    await until(() => died() !== null)
  })

  test('may read nothing more: it ends as by SIGPIPE, and the command goes on', async (context) => {
    const { root, exec } = await box(context)
    const newcomer = start(['exec', 'box', 'sh', '-c', 'exec yes'], { root })
    newcomer.process.stdout?.once('data', () => newcomer.process.stdout?.destroy())
    expect(await newcomer.ended).toMatchObject({ code: 141 })
    expect(await exec('box', 'ps')).toContain('yes')
  })

  test('need not wait: with -d the command has no caller at all', async (context) => {
    const { exec, first } = await box(context)
    expect(await exec('-d', 'box', 'sleep', '1001')).toBe('')
    const pid = inside(first()).find((each) => each !== first()) ?? 0
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const [, parent = '0'] = /^PPid:\s*(\d+)/m.exec(status) ?? []
    expect(tryReadlink(`/proc/${parent}/cwd`)).toBe('/')
    const streams = [0, 1, 2].map((fd) => tryReadlink(`/proc/${parent}/fd/${fd}`))
    expect(streams).toEqual(['/dev/null', '/dev/null', '/dev/null'])
    expect(await exec('-d', 'box', 'nope')).toMatch(/ENOENT.*\n.*\n.*\n1$/)
  })
})

describe('on its way in', () => {
  /** At each step: whether a process of the container could reach the host through the newcomer. */
  async function reachable(root: string, first: number, alter: Alteration = (plan) => plan) {
    const options = {
      asked: () => ({ argv: ['true'], env: [] }),
      stdio: ['ignore', 'ignore', 'ignore'] as ['ignore', 'ignore', 'ignore'],
      mode: 'step' as const,
      alter,
    }
    const started = await beginExec(await runtimeOn(root), 'box', options)
    const ours = tryReadlink('/proc/self/ns/mnt')
    const found = new Set<string>()
    started.launched.goAhead()
    for await (const { index } of started.reports) {
      const isOurs = (pid: number) => tryReadlink(`/proc/${pid}/ns/mnt`) === ours
      if (inside(first).some(isOurs)) found.add(started.plan[index]?.call[0] ?? '')
      started.launched.goAhead()
    }
    return [...found]
  }

  test('it is nowhere a process of the container with the files of the host', async (context) => {
    const { root, first } = await box(context)
    expect(await reachable(root, first())).toEqual([])
    const early: Alteration = (plan) => {
      const at = plan.findIndex(({ call }) => call[0] === 'clone_parent')
      const mounts = plan.findIndex(({ call }) => call[2] === 'CLONE_NEWNS')
      const birth = plan.slice(at, at + 2)
      return [...plan.slice(0, mounts), ...birth, ...plan.slice(mounts, at), ...plan.slice(at + 2)]
    }
    expect(await reachable(root, first(), early)).not.toEqual([])
  })

  test('a number that belongs to another process by now is noticed', async (context) => {
    const { root } = await box(context)
    const wrong: Alteration = (plan) =>
      plan.map((step) =>
        step.call[0] === 'pidfd_open' ? { ...step, call: ['pidfd_open', step.call[1], 1] } : step,
      )
    const { launched, reports } = await beginExec(await runtimeOn(root), 'box', {
      asked: () => ({ argv: ['true'], env: [] }),
      stdio: ['ignore', 'ignore', 'ignore'],
      alter: wrong,
    })
    for await (const _ of reports) continue
    const { failure } = await launched.outcome
    expect(failure).toMatchObject({ errno: 'ESRCH' })
  })
})

test('the list is printed without root, a container or a store', async () => {
  const argv = [program, '--root', '/none', 'plan', 'exec']
  const plan = execFileSync(process.execPath, argv, { encoding: 'utf8' })
  const before = ['write("/sys/fs/cgroup', 'PR_SET_DUMPABLE', 'pidfd_open(']
  const order = [...before, 'CLONE_NEWPID', 'CLONE_NEWNS', 'clone(']
  const places = order.map((each) => plan.indexOf(each))
  expect(places).toEqual(places.toSorted((a, b) => a - b))
  expect(places[0]).toBeGreaterThan(0)
})
