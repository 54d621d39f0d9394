/** Tests. `logs`: what it prints, where, for how long, and what it says of mistakes. */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { describe, expect, test, type TestContext } from 'vitest'
import { runDetached, until, type Detached } from '../../test/detached.ts'
import { rootWithBusybox } from '../../test/busybox.ts'
import { needs } from '../../test/scratch.ts'
import { program, start, stepbox } from '../../test/stepbox.ts'

/** A data root, and `stepbox` on it. */
async function setting(context: TestContext) {
  needs(context, 'root', 'overlay')
  const root = await rootWithBusybox()
  return { root, run: (...args: string[]) => stepbox(args, { root }) }
}

/** A script that goes on when `let` is called for its container. */
const waits = 'echo ready; until [ -e /go ]; do usleep 2000; done'

async function letGo({ state }: Detached): Promise<void> {
  await until(() => state().init !== undefined)
  writeFileSync(`/proc/${state().init?.pid}/root/go`, '')
}

/** The log of a container that has ended. */
async function ended(context: TestContext, script: string, flags: string[] = []) {
  const { root, run } = await setting(context)
  await run('run', '--name', 'box', ...flags, 'busybox', 'sh', '-c', script)
  return { root, run, logs: (...args: string[]) => run('logs', ...args, 'box') }
}

const five = 'for i in 1 2 3 4 5; do echo $i; done'

describe('logs', () => {
  test('prints output and errors apart, without a newline that was not there', async (context) => {
    const { logs } = await ended(context, 'echo out; echo err >&2; printf end')
    expect(await logs()).toMatchObject({ code: 0, out: 'out\nend', err: 'err\n' })
  })

  test('prints the last lines, or all', async (context) => {
    const { logs } = await ended(context, five)
    const asked = ['2', '+1', '0', 'all', '-1', '99999999999999999999']
    const printed = await Promise.all(asked.map((tail) => logs('-n', tail)))
    const all = '1\n2\n3\n4\n5\n'
    expect(printed.map(({ out }) => out)).toEqual(['4\n5\n', '5\n', '', all, all, all])
  })

  test('prints when each line was written, and those that were written then', async (context) => {
    const { logs } = await ended(context, five)
    const { out } = await logs('-t')
    const lines = out.trimEnd().split('\n')
    expect(lines.map((line) => line.replace(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{9}Z/, 'T'))).toEqual(
      ['T 1', 'T 2', 'T 3', 'T 4', 'T 5'],
    )
    const [, , third = ''] = lines.map((line) => line.split(' ')[0] ?? '')
    expect((await logs('--since', third)).out).toBe('3\n4\n5\n')
    expect((await logs('--until', third)).out).toBe('1\n2\n3\n')
    expect((await logs('--since', '1h', '--until', '1m')).out).toBe('')
  })

  test('prints what --log-opt has kept of labels and variables', async (context) => {
    const asked = ['--log-opt', 'labels=app', '--log-opt', 'env-regex=^B', '-l', 'app=a b']
    const { logs } = await ended(context, 'echo hi', [...asked, '-e', 'BAR=1', '-l', 'x=y'])
    expect((await logs('--details')).out).toBe('BAR=1,app=a+b hi\n')
    expect((await logs()).out).toBe('hi\n')
    const plain = await ended(context, 'echo hi')
    expect((await plain.logs('--details')).out).toBe(' hi\n')
  })

  test('ends in silence when nobody reads any more', async (context) => {
    const { root } = await ended(context, 'seq 100000 >&2')
    const env = { PATH: process.env['PATH'], STEPBOX_ROOT: root }
    const script = `node ${program} logs box 2>&1 | head -n 1; echo \${PIPESTATUS[0]}`
    const { stdout } = spawnSync('bash', ['-c', script], { env, encoding: 'utf8' })
    expect(stdout).toBe('1\n141\n')
  })
})

describe('logs -f', () => {
  test('follows rotation to the end of the container, and loses nothing', async (context) => {
    const { root } = await setting(context)
    const bound = ['--log-opt', 'max-size=1k', '--log-opt', 'max-file=100']
    const writes = 'for i in $(seq 100); do for j in 0 1 2 3 4 5 6 7 8 9; do echo $i$j; done'
    const box = await runDetached(root, bound, `${waits}; ${writes}; usleep 1; done; printf end`)
    const follower = start(['logs', '-f', box.id], { root })
    await follower.says('ready')
    await letGo(box)
    const { code, out, err } = await follower.ended
    const lines = Array.from({ length: 1000 }, (_, at) => `${at + 10}\n`)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toBe(`ready\n${lines.join('')}end`)
  })

  test('goes on when the container starts again', async (context) => {
    const { root } = await setting(context)
    const flags = ['--restart', 'on-failure:2']
    const box = await runDetached(root, flags, `${waits}; echo went; exit 1`)
    const follower = start(['logs', '-f', box.id], { root })
    await follower.says('ready')
    await letGo(box)
    const out = 'ready\nwent\n'.repeat(3)
    expect(await follower.ended).toMatchObject({ code: 0, out, err: '' })
  })

  test('ends when the container is removed, and when its monitor is killed', async (context) => {
    const { root, run } = await setting(context)
    for (const kill of [
      ({ id }: Detached) => run('rm', '-f', id),
      ({ state }: Detached) => process.kill(state().monitor.pid, 'SIGKILL'),
    ]) {
      const box = await runDetached(root, [], 'echo ready; sleep 1000')
      const follower = start(['logs', '-f', box.id], { root })
      await follower.says('ready')
      await kill(box)
      expect(await follower.ended).toMatchObject({ code: 0, out: 'ready\n', err: '' })
    }
  })

  test('follows a container in the foreground', async (context) => {
    const { root } = await setting(context)
    const args = ['run', '--name', 'box', '-i', 'busybox', 'sh', '-c', 'echo ready; read line']
    const box = start([...args.slice(0, -1), `${args.at(-1)}; echo $line >&2`], { root, input: '' })
    await box.says('ready')
    const follower = start(['logs', '-f', 'box'], { root })
    expect(await follower.ended).toMatchObject({ code: 0, out: 'ready\n', err: '\n' })
    await box.ended
  })

  test('does not wait for one that was never started', async (context) => {
    const { run } = await setting(context)
    await run('create', '--name', 'box', 'busybox', 'true')
    expect(await run('logs', '-f', 'box')).toMatchObject({ code: 0, out: '', err: '' })
  })
})

describe('a log that is not there, or not complete', () => {
  test('is none with the driver none', async (context) => {
    const { logs } = await ended(context, 'echo hi', ['--log-driver', 'none'])
    const { code, out, err } = await logs()
    expect([code, out]).toEqual([1, ''])
    expect(err).toMatch(/^stepbox: configured logging driver does not support reading: .*\n$/)
  })

  test('is none of a container of chapter 5', async (context) => {
    const { run } = await setting(context)
    await run('--chapter', '5', 'run', '--name', 'old', 'busybox', 'true')
    const { code, err } = await run('logs', 'old')
    expect([code, err]).toEqual([
      1,
      "stepbox: 'old' has no log: it was made in chapter 5, without one\n",
    ])
  })

  test.for(['', '-d'])('says that it is cut, of run %s', async (flag, context) => {
    const { root, run } = await setting(context)
    const command = `node ${program} run ${flag} --name box busybox seq 50000`
    const env = { PATH: process.env['PATH'], STEPBOX_ROOT: root }
    const limited = `ulimit -f 5000; exec ${command}` // like a full disk, in blocks of 512 bytes
    const { status, stdout, stderr } = spawnSync('sh', ['-c', limited], { env, encoding: 'utf8' })
    if (flag === '') {
      expect([status, stdout.split('\n').length]).toEqual([0, 50_001])
      expect(stderr).toBe('stepbox: its log is not complete: it could not be written, EFBIG\n')
    }
    await run('wait', 'box')
    const { code, out, err } = await run('logs', 'box')
    const lines = out.trimEnd().split('\n').map(Number)
    expect(code).toBe(0)
    expect(lines).toEqual(Array.from({ length: lines.length }, (_, at) => at + 1))
    expect(err).toBe("stepbox: the log of 'box' is not complete: it could not be written, EFBIG\n")
  })
})

describe('a mistake is one line', () => {
  const times = '2013-01-02T13:23:37Z, seconds since 1970, or 1h30m ago'
  const usage = "\nSee 'stepbox logs --help'."
  test.for([
    [['--since', 'abc', 'box'], 1, `invalid value 'abc' for --since: ${times}`],
    [['--until', '-5', 'box'], 1, `invalid value '-5' for --until: ${times}`],
    [['-n', 'x', 'box'], 1, "invalid value 'x' for --tail: a number of lines, or all"],
    [['-n', '', 'box'], 1, "invalid value '' for --tail: a number of lines, or all"],
    [['box'], 1, "no container named 'box'"],
    [[''], 1, "no container named ''"],
    [[], 125, `too few arguments; usage: stepbox logs [-f] [-n LINES] CONTAINER${usage}`],
    [['--nix', 'box'], 125, `unknown flag: --nix${usage}`],
  ] as const)('in logs %s', async ([args, code, message], context) => {
    const { run } = await setting(context)
    const said = await run('logs', ...args)
    expect([said.code, said.out]).toEqual([code, ''])
    expect(said.err).toContain(`stepbox: ${message}`)
  })

  test.for([
    ['--log-driver nix', "unknown log driver 'nix': json-file, local or none"],
    ['--log-driver none --log-opt max-size=1k', 'the driver none takes no options'],
    ['--log-driver local --log-opt labels=x', 'the driver local has max-size, max-file'],
    ['--log-opt nix=1', 'the driver json-file has max-size, max-file'],
    ['--log-opt max-size', 'a size, as 10m'],
    ['--log-opt max-size=0', 'a size, as 10m'],
    ['--log-opt max-file=0', 'a number of files, 1 to 9999'],
    ['--log-opt compress=true', 'files stay as they are: compress=false'],
    ['--log-opt env-regex=(', 'a regular expression'],
  ] as const)('in run %s', async ([flags, message], context) => {
    const { run } = await setting(context)
    const said = await run('run', ...flags.split(' '), 'busybox', 'true')
    expect([said.code, said.out]).toEqual([125, ''])
    expect(said.err).toContain(message)
    expect(said.err.split('\n')).toHaveLength(3) // one, and where to find help
  })
})
