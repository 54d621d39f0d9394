/** Tests. The standard streams of a container with its own root: pipes, copied to the caller's. */
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, type TestContext } from 'vitest'
import { rootWithBusybox } from './busybox.ts'
import { needs, scratch } from './scratch.ts'
import { program } from './stepbox.ts'

/** A shell whose word `run` is `stepbox run --rm …`, in a directory of its own. */
async function shell(context: TestContext) {
  needs(context, 'root', 'overlay')
  const dir = scratch()
  const root = await rootWithBusybox()
  const env = { PATH: process.env['PATH'], STEPBOX_ROOT: root, RUN: `node ${program} run --rm` }
  const sh = (script: string) => {
    const full = `run() { $RUN "$@"; }\n${script}`
    const { stdout, stderr, status } = spawnSync('bash', ['--norc', '-c', full], {
      cwd: dir,
      env,
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    })
    return { out: stdout, err: stderr, status }
  }
  return { dir, sh, env }
}

describe("the caller's files stay outside", () => {
  test('a file that is read cannot be emptied, nor its mode and owner changed', async (context) => {
    const { dir, sh } = await shell(context)
    const file = join(dir, 'f')
    writeFileSync(file, 'precious\n')
    chmodSync(file, 0o640)
    const script = ': > /dev/stdin; chmod 777 /proc/self/fd/0; chown 7:7 /proc/self/fd/0; cat'
    const { out, status } = sh(`run -i busybox sh -c '${script}' < f`)
    expect({ out, status }).toEqual({ out: 'precious\n', status: 0 })
    expect(readFileSync(file, 'utf8')).toBe('precious\n')
    expect(statSync(file)).toMatchObject({ mode: 0o100640, uid: 0, gid: 0 })
  })

  test('a log cannot be cut short, nor its older lines read', async (context) => {
    const { dir, sh } = await shell(context)
    const log = join(dir, 'log')
    writeFileSync(log, 'older line\n')
    const script = 'echo one > /dev/stdout; : > /dev/stdout; echo two; echo three > /dev/stderr'
    sh(`run busybox sh -c '${script}' >> log 2>> log`)
    expect(readFileSync(log, 'utf8')).toBe('older line\none\ntwo\nthree\n')
    const { out } = sh(`run busybox sh -c 'timeout 1 cat /proc/self/fd/2; echo end' 2>> log`)
    expect(out).toBe('end\n')
  })

  test("the host's /dev/null is not the container's standard input", async (context) => {
    const { sh } = await shell(context)
    const mode = statSync('/dev/null').mode
    const { out } = sh(`run busybox sh -c 'chmod 600 /proc/self/fd/0; stat -Lc %a /dev/null'`)
    expect(out).toBe('600\n')
    expect(statSync('/dev/null').mode).toBe(mode)
  })

  test.for(['pipe', 'file', 'terminal'])('its user may open a %s again', async (kind, context) => {
    if (kind === 'terminal') needs(context, 'script')
    const { dir, sh } = await shell(context)
    const script = 'cat /dev/stdin; echo out > /dev/stdout; echo err > /dev/stderr'
    const run = `run -i -u 1000 busybox sh -c "${script}"`
    const how = {
      pipe: `echo in | ${run} 2>&1 | cat`,
      file: `echo in > f; ${run} < f > g 2>&1; cat g`,
      terminal: `echo in > f; script -qec 'sh go' /dev/null | tr -d '\\r'`,
    }[kind]
    writeFileSync(join(dir, 'go'), `${run.replace('run', '$RUN')} < f`)
    expect(sh(how ?? '').out).toBe('in\nout\nerr\n')
  })

  test('without -t none is a terminal, and with 2>&1 the order is kept', async (context) => {
    const { sh } = await shell(context)
    const script = 'for fd in 0 1 2; do [ -t $fd ] && echo $fd; done; ' +
      'i=0; while [ $((i += 1)) -le 300 ]; do echo o$i; echo e$i >&2; done'
    const { out } = sh(`run busybox sh -c '${script}' 2>&1`)
    const lines = Array.from({ length: 300 }, (_, at) => `o${at + 1}\ne${at + 1}\n`)
    expect(out).toBe(lines.join(''))
  })
})

describe('a reader', () => {
  test('that goes ends the container, as SIGPIPE would', async (context) => {
    const { sh } = await shell(context)
    const endless = 'while :; do echo y; done'
    const { out, err } = sh(`run busybox sh -c '${endless}' | head -1; echo \${PIPESTATUS[0]}`)
    expect({ out, err }).toEqual({ out: 'y\n141\n', err: '' })
    const errors = sh(`run busybox sh -c '${endless} >&2' 2>&1 >/dev/null | head -1`)
    expect(errors.out).toBe('y\n')
  })

  test('that goes ends a container with a terminal too, hung up or not', async (context) => {
    const { sh } = await shell(context)
    const endless = 'trap "" HUP; while :; do echo y; sleep 0.05; done'
    const { out } = sh(`run -t busybox sh -c '${endless}' | head -1; echo \${PIPESTATUS[0]}`)
    expect(out.replaceAll('\r', '')).toBe('y\n141\n')
  })

  test('that has no room says so, and the output is not lost in silence', async (context) => {
    const { sh } = await shell(context)
    const { err, status } = sh("run busybox sh -c 'echo hi; sleep 100' > /dev/full")
    expect(err).toBe(
      'stepbox: the container was ended: its standard output cannot be written, ENOSPC\n',
    )
    expect(status).toBe(125)
  })

  test('that waits stops neither signals nor the end of the container', async (context) => {
    needs(context, 'root', 'overlay')
    const { env } = await shell(context)
    const script = 'trap "exit 7" TERM; echo ready; yes & wait'
    const args = [program, 'run', '--rm', 'busybox', 'sh', '-c', script]
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
    await new Promise((resolve) => child.stdout.once('data', resolve))
    child.stdout.pause()
    child.kill('SIGTERM')
    const code = await new Promise((resolve) => child.once('exit', resolve))
    expect(code).toBe(7)
    child.stdout.resume()
  })

  test('that comes late has all that was written', async (context) => {
    const { sh } = await shell(context)
    const late = '(until read -t 1 first; do :; done; sleep 1; wc -l)'
    const { out } = sh(`run busybox seq 100000 | ${late}`)
    expect(out.trim()).toBe('99999')
  })
})

describe('bytes', () => {
  test('of any number go in and out unchanged, through pipes and files', async (context) => {
    const { sh } = await shell(context)
    const make = 'head -c 10000000 /dev/urandom > f; sha256sum < f'
    const { out } = sh(`${make}
      cat f | run -i busybox cat | sha256sum
      cat f | run -i --log-driver none busybox cat | sha256sum
      run -i busybox cat < f | sha256sum
      cat f | run -i busybox cat > g; sha256sum < g
      run -i busybox cat < f > g; sha256sum < g`)
    const sums = out.trim().split('\n')
    expect(sums).toEqual(Array.from({ length: 6 }, () => sums[0]))
  })

  test('end where the input ends, and some that nobody reads do no harm', async (context) => {
    const { sh } = await shell(context)
    const { out } = sh(`echo a | run -i busybox sh -c 'cat; echo end'
      yes | run -i busybox sh -c 'head -1; exec <&-; echo closed'
      (echo b; exec >&-; sleep 0.1) | run -i busybox sh -c 'cat; echo again'`)
    expect(out).toBe('a\nend\ny\nclosed\nb\nagain\n')
  })

  test('pass at no less than 0.6 of the rate of a bare pipe, without a log', async (context) => {
    const { sh } = await shell(context)
    const unlogged = '--log-driver none'
    const now = 'cut -d" " -f1 /proc/uptime >&2'
    const send = 'dd if=/dev/zero bs=64k count=8000 2> /dev/null'
    const seconds = (flags: string) => {
      const run = `run ${unlogged} ${flags} busybox sh -c`
      const { err } = sh(`${run} '${now}; ${send}; ${now}' | cat > /dev/null`)
      const [begin = 0, end = 0] = err.split('\n').filter((line) => /^[\d.]+$/.test(line))
      return Number(end) - Number(begin)
    }
    const { out } = sh(`\${RUN% run*} plan --format json ${unlogged} busybox`)
    const plan = JSON.parse(out) as { strace: string }[]
    const direct = plan.findIndex(({ strace }) => strace === 'dup2(5, 1)') + 1
    let [bare, copied] = [Infinity, Infinity]
    for (let pair = 0; pair < 20 && !(pair > 2 && bare / copied > 0.6); pair++) {
      bare = Math.min(bare, seconds(`--without ${direct}`))
      copied = Math.min(copied, seconds(''))
    }
    expect(bare / copied).toBeGreaterThan(0.6) // the best of each: others use the machine, too
  }, 120_000)
})

test('a process that outlives process 1 does not keep the command waiting', async (context) => {
  const { dir, sh } = await shell(context)
  const orphan = '(echo $$; while :; do sleep 0.1; echo more; done) & echo first'
  const { out } = sh(`run --without unshare busybox sh -c '${orphan}' > out; cat out`)
  expect(out).toContain('first\n')
  expect(readFileSync(join(dir, 'out'), 'utf8')).toContain('first\n')
})

test('descriptors that the program was started without lead nowhere', async (context) => {
  const { sh } = await shell(context)
  const { out } = sh(`run busybox sh -c 'echo hi; ls /proc/self/fd | wc -l' 2>&- <&-`)
  expect(out).toBe('hi\n4\n')
})
