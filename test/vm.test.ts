/** Tests. A machine with a kernel of its own: what goes in, what comes out, and what is left. */
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { cacheDir } from '../runtime/vm/cache.ts'
import { guestScript, scriptBytes } from '../runtime/vm/guest.ts'
import { kernelFor } from '../runtime/vm/kernel.ts'
import { parseShare } from '../runtime/vm/share.ts'
import { rootWithBusybox } from './busybox.ts'
import { until } from './carry-out.ts'
import { needs, scratch } from './scratch.ts'
import { program, start, stepbox } from './stepbox.ts'
import { openTerminal } from './tmux.ts'

/** An emulated machine on a busy one takes its time. */
const patienceMs = 180_000

describe('in the machine', () => {
  beforeEach((context) => needs(context, 'native', 'qemu-system-x86_64'))

  test(
    'a command has its arguments, its input, both outputs, its exit code and folders',
    async () => {
      const dir = scratch()
      for (const name of ['open', 'closed']) mkdirSync(join(dir, name))
      writeFileSync(join(dir, 'closed/here'), 'from the host\n')
      const input = randomBytes(3_000_000).toString('base64')
      const odd = `a 'b' "c" $d \\ e\nnext  line\n# end`
      const script = `printf %s "$1" | sha256sum; cat | sha256sum; cat /closed/here
      echo told >&2; echo > /dev/stderr; echo kept > /share/open/file; echo no > /closed/other
      stepbox images -q | wc -l; exit 7`
      const shares = ['--share', join(dir, 'open'), '--share', `${join(dir, 'closed')}:/closed:ro`]
      const args = ['vm', ...shares, '--store', '--', 'sh', '-c', script, 'sh', odd]
      const { code, out, err } = await stepbox(args, { root: await rootWithBusybox(), input })
      expect(err).toContain('told\n')
      expect(err).toContain('Read-only file system')
      expect(out.split('\n')).toEqual([
        `${sum(odd)}  -`,
        `${sum(input)}  -`,
        'from the host',
        '1',
        '',
      ])
      expect(code).toBe(7)
      expect(readFileSync(join(dir, 'open/file'), 'utf8')).toBe('kept\n')
      expect(readdirSync(join(dir, 'closed'))).toEqual(['here'])
    },
    patienceMs,
  )

  test(
    'a shell has a terminal of the right size, job control, and the last word',
    async (context) => {
      needs(context, 'tmux')
      const terminal = openTerminal({ STEPBOX_ROOT: scratch() }, 80, 24)
      terminal.line(`${process.execPath} ${program} vm; echo code $?`)
      await terminal.shows(/^stepbox-vm:~# *$/m, patienceMs)
      terminal.line('stty size; sleep 1000')
      await terminal.shows(/^24 80$/m, patienceMs)
      terminal.keys('C-c')
      await terminal.shows(/\^C/, patienceMs)
      terminal.resize(100, 30)
      terminal.line('until stty size | grep "30 100"; do sleep 0.1; done; exit 5')
      await terminal.shows(/^30 100$[^]*^code 5$/m, patienceMs)
      terminal.line('stty -a | grep -o " icanon "')
      await terminal.shows(/^ icanon *$/m)
    },
    2 * patienceMs,
  )

  test(
    'a killed stepbox leaves no QEMU, no virtiofsd and no file',
    async () => {
      const dir = scratch()
      const args = ['vm', '--share', dir, '--store', '--', 'sh', '-c', 'echo up; sleep 1000']
      const running = start(args, { root: await rootWithBusybox() })
      await running.says('up')
      const pid = running.process.pid ?? 0
      const ours = descendants(pid)
      expect(ours.map(({ name }) => name).sort()).toEqual(
        expect.arrayContaining(['qemu-system-x86', 'virtiofsd']),
      )
      const staged = readdirSync(join(cacheDir(), 'tmp')).filter((name) =>
        name.includes(`_${pid}_`),
      )
      expect(staged).toEqual([])
      running.process.kill('SIGKILL')
      await running.ended
      await until(
        () => ours.every(({ pid }) => !existsSync(`/proc/${pid}`)),
        () => 'the end of what it started',
      )
    },
    patienceMs,
  )

  test(
    'there is a newer kernel, and containers run on it',
    async (context) => {
      needs(context, 'apt-get')
      const script = 'uname -r; stepbox run --rm busybox echo in a container'
      const args = ['vm', '--kernel', 'backports', '--', 'sh', '-c', script]
      const { code, out } = await stepbox(args, { root: scratch(), input: '' })
      const [release = '', ...rest] = out.split('\n')
      const { release: older } = await kernelFor('stable', () => {})
      expect([code, rest]).toEqual([0, ['in a container', '']])
      expect(versionOf(release)).toBeGreaterThan(versionOf(older))
    },
    patienceMs,
  )

  test(
    'one that dies by itself says of what',
    async () => {
      const panic = 'echo 1 > /proc/sys/kernel/sysrq; echo c > /proc/sysrq-trigger'
      const { code, err } = await stepbox(['vm', '--', 'sh', '-c', panic], { root: scratch() })
      expect(err).toMatch(/^stepbox: the machine ended by itself: .*Kernel panic/)
      expect(code).toBe(125)
    },
    patienceMs,
  )

  test(
    'no root is needed, and a shared folder belongs to whoever shares it',
    async (context) => {
      needs(context, 'root', 'user-namespace', 'setpriv', 'unshare')
      const nobody = { uid: 65534, gid: 65534, cwd: '/' }
      const { status } = spawnSync('unshare', ['--user', '--mount', 'true'], nobody)
      if (status !== 0) context.skip('blocked: no user namespaces for ordinary users')
      const dir = scratch()
      await kernelFor('stable', () => {})
      cpSync(join(cacheDir(), 'kernels'), join(dir, 'cache/kernels'), { recursive: true })
      mkdirSync(join(dir, 'project'))
      execFileSync('chown', ['-R', '65534:65534', dir])
      const inside = "sh -c 'id -u; echo mine > /share/file; touch /share/file'"
      const script = `mount --bind "$1" project && exec setpriv --reuid=65534 --regid=65534 \
      --clear-groups "$2" project/dist/stepbox.cjs vm --share "$PWD":/share -- ${inside}`
      const args = ['--mount', 'sh', '-ec', script, 'sh', join(program, '../..'), process.execPath]
      const out = execFileSync('unshare', args, {
        cwd: dir,
        encoding: 'utf8',
        env: { ...process.env, STEPBOX_CACHE: join(dir, 'cache'), HOME: dir, TMPDIR: dir },
      })
      expect(out).toBe('0\n')
      const made = statSync(join(dir, 'file'))
      expect([made.uid, readFileSync(join(dir, 'file'), 'utf8')]).toEqual([65534, 'mine\n'])
    },
    2 * patienceMs,
  )
})

describe('what is typed', () => {
  test('reaches the shell of the guest byte for byte, its end included', () => {
    const argv = ['printf', '%s|', "it's", '# end', 'two\nlines', '$x `y`', '\udcff']
    const [end = '', ...lines] = scriptBytes(guestScript({ argv, cwd: '/' }))
      .toString('latin1')
      .split('\n')
    expect(lines.slice(0, -2)).not.toContain(end)
    const script = Buffer.from(lines.slice(0, -2).join('\n'), 'latin1')
    const out = execFileSync('sh', [], { input: script, encoding: 'latin1' })
    expect(out).toBe("it's|# end|two\nlines|$x `y`|\xff|")
  })

  test('a folder to share is DIR, DIR:PATH, and read-only with :ro', () => {
    const source = scratch()
    const name = source.split('/').at(-1)
    expect(parseShare(source)).toEqual({ source, target: `/share/${name}`, readOnly: false })
    expect(parseShare(`${source}:/x:ro`)).toEqual({ source, target: '/x', readOnly: true })
    expect(parseShare(`${source}:ro`).readOnly).toBe(true)
    expect(() => parseShare(`${source}:x`)).toThrow("cannot share at 'x': not a path from /")
    expect(() => parseShare('/nowhere')).toThrow("cannot share '/nowhere': not a directory here")
  })

  test('without QEMU it says what to install, and where', async (context) => {
    needs(context, 'linux')
    const setting = { root: scratch(), input: '', env: { PATH: scratch() } }
    const { code, err } = await stepbox(['vm'], setting)
    expect(code).toBe(125)
    expect(err).toMatch(/^stepbox: no qemu-system-x86_64 here .*\n +Debian, Ubuntu +apt-get /)
  })

  test.each([
    [['ls'], "no 'vm ls'; to run a command in the machine: vm -- ls"],
    [['test', '99'], "no kernel tests for '99'; have: a chapter, or a part of a file's name"],
    [['--kernel', '5.4'], "no kernel '5.4'; have: stable, backports, or a FILE.deb"],
    [['--memory', '100m'], "invalid --memory '100m': at least 512m"],
    [['--cpus', 'two'], "invalid --cpus 'two': from 1 to 64"],
    [
      ['--without', 'ext9'],
      "cannot leave out 'ext9': user-namespaces, overlay, or another module",
    ],
    [['--share', '/nowhere'], "cannot share '/nowhere': not a directory here"],
  ])('%j is refused in one line', async (args, said) => {
    const { code, err } = await stepbox(['vm', ...args], { root: scratch(), input: '' })
    expect([code, err.split('\n')[0]]).toEqual([125, `stepbox: ${said}`])
  })
})

/** `6.12.95+deb12-cloud-amd64` is 6012. */
function versionOf(release: string): number {
  const [major = 0, minor = 0] = release.split('.').map(Number)
  return major * 1000 + minor
}

function sum(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** All that a process has started, and what they have. */
function descendants(pid: number): { pid: number; name: string }[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ')
  return children.filter(Boolean).flatMap((text) => {
    const child = Number(text)
    const name = readFileSync(`/proc/${child}/comm`, 'utf8').trim()
    return [{ pid: child, name }, ...descendants(child)]
  })
}
