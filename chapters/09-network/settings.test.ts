/** Tests. What containers change of the host's network is put back, whoever was killed. */
import { join } from 'node:path'
import { expect, test, type TestContext } from 'vitest'
import { rootWithBusybox } from '../../test/busybox.ts'
import { until } from '../../test/detached.ts'
import { needs, scratch } from '../../test/scratch.ts'
import { program } from '../../test/stepbox.ts'
import { canBuild, town, type Town } from './town.ts'

const forwarding = '/proc/sys/net/ipv4/conf/up0/forwarding'
const six = '/proc/sys/net/ipv6/conf/all/forwarding'
const heard = '/proc/sys/net/ipv6/conf/up0/accept_ra'

interface Host extends Town {
  root: string
  value: (path: string) => string
  set: (path: string, value: string) => void
}

/** A host that passes nothing on. */
async function begun(context: TestContext): Promise<Host> {
  needs(context, 'root', 'overlay', 'container-links', 'packet-filter')
  if (!canBuild()) context.skip('it takes iproute2, nftables, util-linux and busybox')
  const root = await rootWithBusybox()
  const all = await town(root)
  const value = (path: string) => all.on('host', ['cat', path]).out.trim()
  const set = (path: string, to: string) =>
    void all.on('host', ['sh', '-c', 'echo "$1" > "$0"', path, to])
  set('/proc/sys/net/ipv4/ip_forward', '0')
  set(six, '0')
  return { ...all, root, value, set }
}

/** What a reset has done, but for what it has left to others on this machine. */
function said(text: string): string {
  const others = /^left (group|process) .*\n.*--all .*\n/gm
  return text.replace(others, '').replaceAll('nothing else', 'nothing')
}

/** Links, tables and settings of the host's network. */
function state({ on, value }: Host): string[] {
  const links = on('host', ['ip', '-br', 'link']).out.match(/^[\w-]+/gm) ?? []
  return [...links, on('host', ['nft', 'list', 'ruleset']).out, value(forwarding), value(six)]
}

test('reset puts back what was switched on, and takes bridges and rules', async (context) => {
  const host = await begun(context)
  const { stepbox, value } = host
  const [before, accepted] = [state(host), value(heard)]
  stepbox('network', 'create', '--ipv6', 'both')
  expect(stepbox('run', '--rm', '--network', 'both', 'busybox', 'true').err).toBe('')
  expect([value(forwarding), value(six), value(heard)]).toEqual(['1', '1', '2'])
  expect(value('/proc/sys/net/ipv4/ip_forward')).toBe('0') // each interface by itself
  const dry = stepbox('reset', '--dry-run').out
  expect(dry).toContain(`would put back setting ${forwarding}\n    it was 0 before`)
  expect(value(forwarding)).toBe('1')
  expect(stepbox('reset').out).toContain(`put back setting ${six}\n`)
  expect([state(host), value(heard)]).toEqual([before, accepted])
  expect(said(stepbox('reset').out)).toBe('nothing to do\n')
}, 120_000)

test('so does network prune, while nobody has a network', async (context) => {
  const host = await begun(context)
  const { stepbox } = host
  const before = state(host)
  stepbox('run', '-d', '--name', 'web', 'busybox', 'sleep', '600')
  expect(stepbox('network', 'prune', '-f').out).toBe('')
  expect(stepbox('exec', 'web', 'ping', '-c', '1', '-W', '5', '172.17.0.1').code).toBe(0)
  expect(host.value(forwarding)).toBe('1')
  stepbox('rm', '-f', 'web')
  stepbox('network', 'prune', '-f')
  expect(state(host)).toEqual(before)
  expect(stepbox('run', '--rm', 'busybox', 'ping', '-c', '1', '172.17.0.1').code).toBe(0)
}, 120_000)

test('what somebody else has set since stays', async (context) => {
  const { stepbox, value, set } = await begun(context)
  const run = () => stepbox('run', '--rm', 'busybox', 'true')
  run()
  set('/proc/sys/net/ipv4/ip_forward', '1') // as dockerd does
  expect(stepbox('reset').out).not.toContain('put back')
  expect(value(forwarding)).toBe('1')
  set('/proc/sys/net/ipv4/ip_forward', '0')
  run()
  set(forwarding, '0')
  expect(stepbox('reset').out).not.toContain('put back')
  set(forwarding, '1') // what was on record is not any more
  stepbox('reset')
  expect(value(forwarding)).toBe('1')
}, 120_000)

test('of two data roots, the one that goes last puts it back', async (context) => {
  const host = await begun(context)
  const { stepbox, on, value } = host
  const before = state(host)
  const second = join(scratch(), 'root')
  const other = (...args: string[]) =>
    on('host', [process.execPath, '--', program, '--root', second, ...args])
  other('import', '--busybox')
  stepbox('run', '--rm', 'busybox', 'true')
  expect(other('run', '-d', '--name', 'web', 'busybox', 'sleep', '600').err).toBe('')
  expect(said(stepbox('reset').out)).toBe(
    "removed bridge stepbox0\n    no container is in network 'bridge'\n",
  )
  expect(value(forwarding)).toBe('1')
  const gateway = 'ip route | sed -n "s/default via \\([^ ]*\\).*/\\1/p"'
  expect(other('exec', 'web', 'sh', '-c', `ping -c 1 -W 5 $(${gateway})`).code).toBe(0)
  other('reset', '--force')
  expect(state(host)).toEqual(before)
}, 120_000)

test('whatever is killed on the way, a reset leaves the host as it was', async (context) => {
  const host = await begun(context)
  const { stepbox, on } = host
  const before = state(host)
  const words = (...args: string[]) => [process.execPath, '--', program, ...args]
  const killed = (limit: string, ...args: string[]) =>
    on('host', ['timeout', '-s', 'KILL', limit, ...words(...args)])
  for (const limit of ['0.3', '0.5', '0.7', '1']) {
    killed(limit, 'run', '--rm', 'busybox', 'true')
    killed(limit, 'reset', '--force')
    await until(() => {
      stepbox('reset', '--force') // what was killed may have a child that makes its last calls
      return JSON.stringify(state(host)) === JSON.stringify(before)
    })
  }
  expect(stepbox('run', '--rm', 'busybox', 'true').code).toBe(0)
  stepbox('reset')
  expect(state(host)).toEqual(before)
}, 120_000)
