/** Names, message queues, ids, groups, the network: its own, proven from the host. */
import { hostname } from 'node:os'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { statusOf } from '../../test/carry-out.ts'
import { needs } from '../../test/scratch.ts'
import { contain, mountsOf, namespacesOf, saysOf, within } from './contain.ts'

const waits = 'echo ready; read line'

test('all six namespaces are its own', async (context) => {
  const container = contain(context, waits)
  await container.says('ready')
  const inside = namespacesOf(await container.first())
  const outside = namespacesOf(container.machine)
  const host = namespacesOf('self')
  for (const name of Object.keys(inside)) {
    expect([name, inside[name]]).not.toEqual([name, outside[name]])
    expect([name, inside[name]]).not.toEqual([name, host[name]])
  }
})

test('two containers share none of them', async (context) => {
  const both = [contain(context, waits), contain(context, waits)]
  const seen = []
  for (const container of both) {
    await container.says('ready')
    seen.push(namespacesOf(await container.first()))
  }
  const [one = {}, two = {}] = seen
  expect(Object.keys(one).filter((name) => one[name] === two[name])).toEqual([])
})

describe('names', () => {
  test('the container has its own, the host keeps its name', async (context) => {
    const before = hostname()
    const container = contain(context, `uname -n; ${waits}`)
    await container.says('ready')
    expect(container.said.out).toBe('box\nready\n')
    expect(within(container.machine, '-u', 'uname -n')).toBe('machine\n')
    expect(hostname()).toBe(before)
  })

  test('a name that is set inside stays inside', async (context) => {
    const container = contain(
      context,
      `echo renamed > /proc/sys/kernel/hostname; ${waits}; uname -n`,
    )
    await container.says('ready')
    expect(within(container.machine, '-u', 'uname -n')).toBe('machine\n')
    expect(await saysOf(container)).toBe('ready\nrenamed\n')
  })

  test('64 bytes are a name, 65 are none', async (context) => {
    const fits = contain(context, 'uname -n', { options: { hostname: 'x'.repeat(64) } })
    expect(await saysOf(fits)).toBe(`${'x'.repeat(64)}\n`)
    const long = contain(context, 'uname -n', { options: { hostname: 'x'.repeat(65) } })
    expect((await long.launched.outcome).failure?.errno).toBe('EINVAL')
  })
})

test('a message queue made inside is not there outside, nor the reverse', async (context) => {
  needs(context, 'ipcmk', 'ipcs')
  const container = contain(context, `ipcmk -Q; ${waits}; ipcs -q`)
  await container.says('ready')
  expect(within(container.machine, '-i', 'ipcs -q')).not.toMatch(/0x/)
  within(container.machine, '-i', 'ipcmk -M 4096; ipcmk -M 4096')
  expect((await saysOf(container)).match(/^0x/gm)).toHaveLength(1)
})

describe('process ids', () => {
  test('the first process is 1 inside and has another id outside', async (context) => {
    const container = contain(context, `echo "I am $$"; ${waits}`)
    await container.says('ready')
    const first = await container.first()
    expect(container.said.out).toMatch(/^I am 1\n/)
    expect(statusOf(first, 'NSpid')).toBe(`${first}\t1`)
    expect(statusOf(first, 'PPid')).toBe(String(container.machine))
  })

  test("/proc shows the container's processes and no other", async (context) => {
    const container = contain(context, 'cd /proc; echo [0-9]*; read name < 1/comm; echo $name')
    expect(await saysOf(container)).toBe('1\nsh\n')
  })

  test("its /proc is not the machine's, on which nothing was mounted", async (context) => {
    const onProc = (pid: number | 'self') => mountsOf(pid).filter((path) => path === '/proc').length
    const before = onProc('self')
    const container = contain(context, waits)
    await container.says('ready')
    expect(onProc(await container.first())).toBe(before + 1)
    expect(onProc(container.machine)).toBe(before)
    expect(onProc('self')).toBe(before)
    const ask = 'read name < /proc/$$/comm; echo $name'
    expect(within(container.machine, '-m', ask)).toBe('sh\n')
  })

  test('in /proc, nothing is a device, set-user-id or a program', async (context) => {
    const container = contain(
      context,
      'awk \'$5 == "/proc" {print $6}\' /proc/self/mountinfo | tail -1',
    )
    expect(await saysOf(container)).toBe('rw,nosuid,nodev,noexec,relatime\n')
  })
})

test('the group it is in is the root of what it sees', async (context) => {
  const container = contain(context, 'cut -d: -f3 /proc/self/cgroup | sort -u')
  expect(await saysOf(container)).toBe('/\n')
})

describe('the network', () => {
  const hasLoopback = 'grep -q 127.0.0.1 /proc/net/fib_trie && echo up || echo down'
  const interfaces = 'cut -s -d: -f1 /proc/net/dev'

  test('is a loopback that works, and nothing else', async (context) => {
    const container = contain(context, `${interfaces}; ${hasLoopback}`)
    expect((await saysOf(container)).split(/\s+/).filter(Boolean)).toEqual(['lo', 'up'])
  })

  test("of the machine is as before: its lo is not the container's", async (context) => {
    const container = contain(context, waits)
    await container.says('ready')
    expect(readFileSync(`/proc/${container.machine}/net/fib_trie`, 'utf8')).not.toContain(
      '127.0.0.1',
    )
  })

  test('of the host is shared when that is asked for', async (context) => {
    const container = contain(context, waits, { options: { network: 'host' } })
    await container.says('ready')
    const { net, ...others } = namespacesOf(await container.first())
    const machine = namespacesOf(container.machine)
    expect(net).toBe(machine['net'])
    expect(Object.keys(others).filter((name) => others[name] === machine[name])).toEqual([])
    expect(readFileSync(`/proc/${container.machine}/net/fib_trie`, 'utf8')).not.toContain(
      '127.0.0.1',
    )
  })
})
