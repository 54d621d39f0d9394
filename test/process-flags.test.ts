/** What a container is told and given by the flags of `run`, in every chapter that has them. */
import { existsSync, readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { describe, expect, test, type TestContext } from 'vitest'
import { chapters } from '../chapters/table.ts'
import { traitsOf } from '../runtime/chapter.ts'
import { findContainer } from '../runtime/container/find.ts'
import { rootWithBusybox } from './busybox.ts'
import { rowsTo } from './rows.ts'
import { needs } from './scratch.ts'
import { start, stepbox } from './stepbox.ts'

/** A script, in the list of the last chapter or of another one. */
type Script = string | [script: string, chapter: number]

/** What a script says in a container; `flags` stand before the image. */
async function says(context: TestContext, flags: string[], script: Script) {
  needs(context, 'root', 'overlay')
  return saysIn(await rootWithBusybox(), flags, script)
}

async function saysIn(root: string, flags: string[], script: Script) {
  const [text, chapter] = typeof script === 'string' ? [script, last] : script
  const image = (await rootOf(chapter)) === 'host' ? [] : ['busybox']
  const words = ['--chapter', `${chapter}`, 'run', '--rm', ...flags, ...image, 'sh', '-c', text]
  const { out, err, code } = await stepbox(words, { root })
  return code === 0 ? out.trimEnd() : err.trimEnd()
}

const last = chapters.at(-1)?.number ?? 0
const numbers = chapters.map(({ number }) => number)
const rootOf = async (number: number) => traitsOf(await rowsTo(number)).root

describe.for(numbers)('in chapter %i', async (number) => {
  const root = await rootOf(number)
  test('names become numbers, from its own /etc', async (context) => {
    const flags = ['-u', 'daemon', '--group-add', 'tty', '--group-add', '7']
    const script = 'id -u; id -g; grep ^Groups: /proc/self/status | tr "\\t" " "'
    expect(await says(context, flags, [script, number])).toMatch(/^1\n1\nGroups: 1 5 7 ?$/)
    const unknown = await says(context, ['-u', 'nobody-here'], ['true', number])
    expect(unknown).toBe(
      'stepbox: unable to find user nobody-here: no matching entries in passwd file',
    )
  })

  test('HOSTNAME is its name, HOME is in passwd', async (context) => {
    const told = 'echo $HOSTNAME $HOME; uname -n; cat /proc/sys/kernel/domainname'
    const flags = ['-h', 'my_host', '--domainname', 'dom', '-u', '0']
    expect(await says(context, flags, [told, number])).toBe('my_host /root\nmy_host\ndom')
  })

  test('the host shares what it is asked to share', async (context) => {
    const flags = ['--pid', 'host', '--ipc', 'host', '--uts', 'host', '--net', 'host']
    const script = 'cd /proc/$$/ns; for n in pid ipc uts net mnt; do readlink $n; done; uname -n'
    const seen = (await says(context, flags, [script, number])).split('\n')
    const ours = ['pid', 'ipc', 'uts', 'net'].map((name) => readlinkSync(`/proc/self/ns/${name}`))
    expect(seen.slice(0, 4)).toEqual(ours)
    expect(seen[4]).not.toBe(readlinkSync('/proc/self/ns/mnt'))
    expect(seen[5]).toBe(hostname())
  })

  test('an empty value is as none', async (context) => {
    const empty = ['name', 'hostname', 'domainname', 'workdir', 'user', 'pid', 'ipc', 'uts']
    const flags = empty.flatMap((long) => [`--${long}`, ''])
    expect(await says(context, flags, ['id -u; echo $$', number])).toBe('0\n1')
  })

  if (root === 'host') return

  test('limits, settings and room are as asked', async (context) => {
    const flags = ['--ulimit', 'nofile=100:200', '--ulimit=core=0', '--shm-size', '5m']
    const sysctls = ['--sysctl', 'kernel.msgmax=77', '--sysctl', 'net.ipv4.ip_forward=1']
    const script = `ulimit -S -n; ulimit -H -n; cd /proc/sys; cat kernel/msgmax net/ipv4/ip_forward
      df -k /dev/shm | tail -n 1 | tr -s " " | cut -d" " -f2; ls /dev/mqueue | wc -l`
    const seen = await says(context, [...flags, ...sysctls], [script, number])
    expect(seen.split('\n')).toEqual(['100', '200', '77', '1', '5120', '0'])
    expect(await says(context, ['--ipc', 'none'], ['ls -d /dev/shm 2>&1; true', number])).toMatch(
      /No such file/,
    )
  })

  test('low ports and ping are open to its users', async (context) => {
    const script = 'cd /proc/sys/net/ipv4; cat ip_unprivileged_port_start ping_group_range'
    expect(await says(context, [], [script, number])).toBe('0\n0\t2147483647')
    const host = ['ip_unprivileged_port_start', 'ping_group_range'].map((name) =>
      readFileSync(`/proc/sys/net/ipv4/${name}`, 'utf8'),
    )
    const shared = await says(context, ['--network', 'host'], [script, number])
    expect(`${shared}\n`).toBe(host.join(''))
  })

  test('a working directory may be behind a link', async (context) => {
    needs(context, 'root', 'overlay')
    const store = await rootWithBusybox()
    const script = 'ln -s nowhere a; ln -s /no/x b; ln -s b c; ln -s loop loop; ln -s /etc/passwd f'
    if (root === 'directory') await saysIn(store, [], [script, number])
    else {
      await stepbox(['run', '--name', 'links', 'busybox', 'sh', '-c', script], { root: store })
      await stepbox(['commit', 'links', 'busybox'], { root: store })
    }
    const within = (cwd: string) => saysIn(store, ['-w', cwd], ['pwd; echo /nop*', number])
    expect(await within('/nope/../tmp/')).toBe('/tmp\n/nop*')
    expect(await within('/a')).toBe('/nowhere\n/nop*')
    expect(await within('/a/y')).toBe('/nowhere/y\n/nop*')
    expect(await within('/c/z')).toBe('/no/x/z\n/nop*')
    expect(await within('/f')).toMatch(/= ENOTDIR\n.*\n {2}\/f is a file, not a directory/)
    expect(await within('/loop')).toMatch(/= ELOOP/)
  })
})

describe('the limits of a container, seen from the host,', () => {
  test('are those that were asked for', async (context) => {
    needs(context, 'root', 'overlay')
    const root = await rootWithBusybox()
    const flags = ['--rm', '--name', 'bound', '--ulimit', 'nofile=100:200', '-u', 'daemon:tty']
    const script = 'echo ready; exec sleep 1000'
    const running = start(['run', ...flags, 'busybox', 'sh', '-c', script], { root })
    await running.says('ready')
    const { pid = 0 } = findContainer(root, 'bound').init ?? {}
    expect(readFileSync(`/proc/${pid}/limits`, 'utf8')).toMatch(/^Max open files +100 +200 +files/m)
    expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(/^Uid:\t1\t.*\nGid:\t5\t/m)
    await stepbox(['rm', '-f', 'bound'], { root })
    await running.ended
  })
})

describe('another container', () => {
  test('that was started to share them shares processes and memory', async (context) => {
    needs(context, 'root', 'overlay')
    const root = await rootWithBusybox()
    const script = 'echo hi > /dev/shm/x; echo ready; exec sleep 1000'
    const flags = ['--rm', '--name', 'first', '--ipc', 'shareable', '--shm-size', '3m']
    const first = start(['run', ...flags, 'busybox', 'sh', '-c', script], { root })
    await first.says('ready')
    const join = ['--pid', 'container:first', '--ipc', 'container:first']
    const look = 'cat /dev/shm/x; read name < /proc/1/comm; echo $name; echo more > /dev/shm/y'
    expect(await saysIn(root, join, look)).toBe('hi\nsleep')
    const both = 'for pid in 1 $$; do readlink /proc/$pid/ns/ipc; done'
    expect(await saysIn(root, join, both)).toMatch(
      /^(.*)\n\1$/,
    )
    expect(await saysIn(root, ['-t', ...join], 'cat /dev/shm/y')).toBe('more')
    await stepbox(['rm', '-f', 'first'], { root })
    await first.ended
  })

  test('that is private, has ended or is nobody is refused in words', async (context) => {
    needs(context, 'root', 'overlay')
    const root = await rootWithBusybox()
    const script = 'echo ready; exec sleep 1000'
    const first = start(['run', '--name', 'first', 'busybox', 'sh', '-c', script], { root })
    await first.says('ready')
    expect(await saysIn(root, ['--ipc', 'container:first'], 'true')).toContain(
      "the IPC of container 'first' is private: run it with --ipc shareable",
    )
    await stepbox(['rm', '-f', 'first'], { root })
    await first.ended
    await stepbox(['run', '--name', 'over', 'busybox', 'true'], { root })
    expect(await saysIn(root, ['--pid', 'container:over'], 'true')).toContain(
      "container 'over' is not running",
    )
    expect(await saysIn(root, ['--pid', 'container:none'], 'true')).toContain(
      "no container named 'none'",
    )
  })
})

describe('with the network of the host', () => {
  test("a container has the host's name, hosts and resolver, unless it was named", async (c) => {
    if (!existsSync('/etc/hosts')) c.skip('blocked: no /etc/hosts on this machine')
    const script = 'uname -n; echo $HOSTNAME; cat /etc/hostname /etc/hosts'
    const hosts = readFileSync('/etc/hosts', 'utf8').trimEnd()
    const own = hostname()
    expect(await says(c, ['--network', 'host'], script)).toBe([own, own, own, hosts].join('\n'))
    const named = await says(c, ['--network', 'host', '-h', 'box'], script)
    expect(named).toBe(['box', 'box', 'box', hosts].join('\n'))
  })
})

test('/etc/mtab lists the mounts, and is no change of the container', async (context) => {
  needs(context, 'root', 'overlay')
  const root = await rootWithBusybox()
  const look = 'readlink /etc/mtab; grep -c "^overlay / " /etc/mtab'
  const { out } = await stepbox(['run', '--name', 'm', 'busybox', 'sh', '-c', look], { root })
  expect(out).toBe('/proc/mounts\n1\n')
  expect((await stepbox(['diff', 'm'], { root })).out).toBe('')
})

describe('--entrypoint', () => {
  test("takes the place of the image's, whose CMD goes with it", async (context) => {
    needs(context, 'root', 'overlay')
    const root = await rootWithBusybox()
    await stepbox(['run', '--name', 'c', 'busybox', 'true'], { root })
    const changes = ['ENTRYPOINT ["echo", "ep"]', 'CMD ["cmd"]'].flatMap((line) => ['-c', line])
    await stepbox(['commit', ...changes, 'c', 'app'], { root })
    const run = async (...words: string[]) => {
      const { out, err } = await stepbox(['run', '--rm', ...words], { root })
      return `${out}${err.split('\n')[0] ?? ''}`
    }
    expect(await run('app')).toBe('ep cmd\n')
    expect(await run('--entrypoint', 'echo', 'app')).toBe('\n')
    expect(await run('--entrypoint', 'echo', 'app', 'x')).toBe('x\n')
    expect(await run('--entrypoint', '', 'app', 'echo', 'hi')).toBe('hi\n')
    expect(await run('--entrypoint=', 'app')).toContain('no command given')
    expect(await run('--entrypoint', 'echo a', 'app')).toContain('"echo a"')
    const named = ['run', '--name', 'd', '--entrypoint', 'echo', 'app', 'x']
    await stepbox(named, { root })
    await stepbox(['commit', 'd', 'again'], { root })
    expect(await run('again')).toBe('x\n')
  })
})

test('what an image is committed with is what counted, once each', async (context) => {
  needs(context, 'root', 'overlay')
  const root = await rootWithBusybox()
  const env = ['-e', 'A=1', '-e', 'A=2', '-e', 'B', '-e', 'NONE']
  const flags = [...env, '-w', '/nope/../tmp/', '-u', 'daemon']
  const words = ['run', '--name', 'c', ...flags, 'busybox', 'true']
  await stepbox(words, { root, env: { B: 'callers' } })
  await stepbox(['commit', 'c', 'app'], { root })
  const { out } = await stepbox(['run', '--rm', 'app', 'sh', '-c', 'echo $A $B; pwd; id -un'], {
    root,
  })
  expect(out).toBe('2 callers\n/tmp\ndaemon\n')
  const [container] = JSON.parse((await stepbox(['inspect', 'c'], { root })).out) as [
    { config: object },
  ]
  expect(container.config).toMatchObject({
    Env: [expect.stringMatching(/^PATH=/), 'A=2', 'B=callers'],
    WorkingDir: '/tmp',
    User: 'daemon',
  })
})
