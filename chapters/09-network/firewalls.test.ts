/** Tests. Firewalls as their programs make them: doctor names who drops, and what lets it pass. */
import { spawnSync } from 'node:child_process'
import { describe, expect, test, type TestContext } from 'vitest'
import { obstructionsIn, type Obstruction } from '../../runtime/09-network/firewalls.ts'
import { chainsInIptables } from '../../runtime/09-network/iptables-text.ts'
import { chainsIn } from '../../runtime/09-network/rulesets.ts'
import type { Diagnosis } from '../../runtime/tools/doctor/diagnosis.ts'
import { rootWithBusybox } from '../../test/busybox.ts'
import { needs } from '../../test/scratch.ts'
import { program } from '../../test/stepbox.ts'
import { addresses, canBuild, town } from './town.ts'

const bridge = { name: 'stepbox0', address: '172.17.0.1' }

/** What stands in the way after a script was run in a network namespace of its own. */
function after(context: TestContext, script: string): Obstruction[] {
  needs(context, 'root', 'packet-filter', 'unshare', 'nft', 'iptables-nft', 'iptables-legacy')
  const list = 'nft -j list ruleset; echo ----; iptables-legacy-save -t filter'
  const argv = ['-n', 'sh', '-ec', `${script}\n${list}`]
  const { status, stdout, stderr } = spawnSync('unshare', argv, { encoding: 'utf8' })
  expect([status, stderr]).toEqual([0, ''])
  const [ofNft = '', ofOld = ''] = stdout.split('----')
  const chains = [...chainsIn(ofNft.slice(ofNft.indexOf('{'))), ...chainsInIptables(ofOld)]
  return obstructionsIn(chains, [bridge], 'eth0')
}

/** As dockerd 20.10 makes them. */
const docker = `
  iptables-nft -P FORWARD DROP
  for chain in DOCKER DOCKER-USER DOCKER-ISOLATION-STAGE-1; do iptables-nft -N $chain; done
  iptables-nft -A FORWARD -j DOCKER-USER
  iptables-nft -A FORWARD -j DOCKER-ISOLATION-STAGE-1
  iptables-nft -A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
  iptables-nft -A FORWARD -o docker0 -j DOCKER
  iptables-nft -A FORWARD -i docker0 ! -o docker0 -j ACCEPT
  iptables-nft -A DOCKER-ISOLATION-STAGE-1 -j RETURN
  iptables-nft -A DOCKER-USER -j RETURN`

/** As ufw names them. */
const ufw = (program: string) => `
  for chain in ufw-before-forward ufw-user-forward ufw-reject-forward; do ${program} -N $chain; done
  ${program} -P FORWARD DROP
  ${program} -A FORWARD -j ufw-before-forward
  ${program} -A FORWARD -j ufw-reject-forward
  ${program} -A ufw-before-forward -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
  ${program} -A ufw-before-forward -p icmp --icmp-type echo-request -j ACCEPT
  ${program} -A ufw-before-forward -j ufw-user-forward`

/** As firewalld 1.3 makes it, with everything in its zone public. */
const firewalld = `nft -f - <<'END'
table inet firewalld {
  chain filter_FORWARD {
    type filter hook forward priority filter + 10; policy accept;
    ct state { established, related } accept
    ct status dnat accept
    iifname "lo" accept
    ct state invalid drop
    jump filter_FORWARD_ZONES
    reject with icmpx type admin-prohibited
  }
  chain filter_FORWARD_ZONES {
    iifname "trusted0" goto filter_FWD_trusted
    goto filter_FWD_public
  }
  chain filter_FWD_trusted { accept; }
  chain filter_FWD_public { reject with icmpx type admin-prohibited; }
}
END`

describe('doctor names', () => {
  const rows: [title: string, script: string, found: Partial<Obstruction>[]][] = [
    ['nobody, where nobody drops', 'iptables-nft -P FORWARD ACCEPT', []],
    ['a policy', 'iptables-nft -P FORWARD DROP', [
      { place: 'chain FORWARD of table ip filter, by its policy' },
    ]],
    ['a rule', 'iptables-nft -A FORWARD -o eth+ -j REJECT', [
      { place: 'chain FORWARD of table ip filter, by a rule' },
    ]],
    ['the old iptables', 'iptables-legacy -P FORWARD DROP', [
      { place: 'chain FORWARD of table filter of iptables-legacy, by its policy' },
    ]],
    ['Docker', docker, [
      { owner: 'Docker', place: 'chain FORWARD of table ip filter, by its policy' },
    ]],
    ['ufw', ufw('iptables-nft'), [
      { owner: 'ufw', remedy: 'ufw route allow in on stepbox0 && ufw route allow out on stepbox0' },
    ]],
    ['ufw with the old iptables', ufw('iptables-legacy'), [{ owner: 'ufw' }]],
    ['firewalld', firewalld, [
      {
        owner: 'firewalld',
        place: 'chain filter_FWD_public of table inet firewalld, by a rule',
        remedy: 'firewall-cmd --zone=trusted --add-interface=stepbox0',
      },
    ]],
    ["a reader's own table", `nft 'table inet own { chain way {
        type filter hook forward priority 0; policy drop;
        ct state vmap { established : accept, invalid : drop }
      }; }'`, [{ place: 'chain way of table inet own, by its policy' }]],
    ['two of them', `${firewalld}\niptables-legacy -P FORWARD DROP`, [
      { owner: 'firewalld' },
      { place: 'chain FORWARD of table filter of iptables-legacy, by its policy' },
    ]],
    ['no rule about others', `iptables-nft -A FORWARD -i docker0 -j DROP
      iptables-nft -A FORWARD ! -i stepbox0 -o eth0 -j DROP
      iptables-nft -A FORWARD -m conntrack --ctstate INVALID -j DROP
      iptables-legacy -A FORWARD -s 10.0.0.0/8 -j DROP
      nft 'table ip own { set bad { type ipv4_addr; }; chain way {
        type filter hook forward priority 0;
        ip saddr @bad drop; ip saddr != @bad drop; ip saddr 10.0.0.0/8 drop
        limit rate 1/second drop
      }; }'`, []],
    ['no one who accepts before', `nft 'table ip own { chain way {
        type filter hook forward priority 0; policy drop;
        ip saddr 172.16.0.0/12 accept; ct status dnat accept
      }; }'`, []],
  ]
  test.for(rows)('%s', ([, script, expected], context) => {
    const found = after(context, script)
    expect(found).toHaveLength(expected.length)
    expect(found).toMatchObject(expected)
  })
})

describe('the line against it helps', () => {
  const rows: [string, string][] = [
    ['a policy', 'iptables-nft -P FORWARD DROP'],
    ['the old iptables', 'iptables-legacy -P FORWARD DROP'],
    ['Docker', docker],
    ['a table of their own', `nft 'table inet own { chain way {
        type filter hook forward priority 0; policy drop; }; }'`],
  ]
  test.for(rows)('%s', ([, script], context) => {
    const [first] = after(context, script)
    const iptables = "iptables() { iptables-nft \"$@\"; }" // Debian's; a machine may have the other
    expect(after(context, `${iptables}\n${script}\n${first?.remedy}`)).toEqual([])
  })

  test('ufw: its rules let the bridge through', (context) => {
    const program = 'iptables-nft'
    const lines = `for way in -i -o; do
      ${program} -A ufw-user-forward $way stepbox0 -j ACCEPT; done`
    expect(after(context, `${ufw(program)}\n${lines}`)).toEqual([])
  })

  test('firewalld: its zone trusted does', (context) => {
    const ruled = firewalld.replace('trusted0', 'stepbox0')
    expect(after(context, ruled)).toEqual([])
  })
})

test('a container gets out once the line that doctor shows is typed', async (context) => {
  needs(context, 'root', 'overlay', 'container-links', 'packet-filter', 'iptables-nft')
  if (!canBuild()) context.skip('it takes iproute2, nftables, util-linux and busybox')
  const root = await rootWithBusybox()
  const { on, stepbox } = await town(root)
  expect(on('host', ['sh', '-ec', docker]).err).toBe('')
  stepbox('run', '-d', '--name', 'web', 'busybox', 'sleep', '600')
  const ping = () => stepbox('exec', 'web', 'ping', '-c', '1', '-W', '1', addresses.outside).code
  expect(ping()).toBe(1)
  const look = () => {
    const { capabilities, chapters } = JSON.parse(
      stepbox('doctor', '--format', 'json').out,
    ) as Diagnosis
    const row = capabilities.find(({ name }) => name === 'firewall')
    return { row, state: chapters.at(-1)?.state }
  }
  const { row, state } = look()
  expect(row).toMatchObject({ state: 'no', why: expect.stringContaining('Docker drops') })
  expect(state).toBe('part')
  expect(ping()).toBe(1) // it was said, and nothing was done
  const iptables = 'iptables() { iptables-nft "$@"; }'
  expect(on('host', ['sh', '-ec', `${iptables}\n${row?.remedy}`]).err).toBe('')
  expect(look().row?.state).toBe('yes')
  expect(ping()).toBe(0)
}, 120_000)

test('settings that are read-only are seen, and named where a start fails', async (context) => {
  needs(context, 'root', 'overlay', 'container-links', 'packet-filter')
  if (!canBuild()) context.skip('it takes iproute2, nftables, util-linux and busybox')
  const root = await rootWithBusybox()
  const { on } = await town(root)
  const script = `mount --bind /proc/sys /proc/sys
    mount -o remount,bind,ro /proc/sys; exec "$0" "$@"`
  const readOnly = (...args: string[]) =>
    on('host', ['unshare', '-m', 'sh', '-ec', script, process.execPath, '--', program, ...args])
  const { capabilities } = JSON.parse(readOnly('doctor', '--format', 'json').out) as Diagnosis
  const row = capabilities.find(({ name }) => name === 'forwarding')
  expect(row).toMatchObject({ state: 'no', remedy: 'mount -o remount,rw /proc/sys' })
  const { code, err } = readOnly('run', '--rm', 'busybox', 'true')
  expect([code, err.split('\n').at(2)]).toEqual([
    125,
    '  the host passes packets on, and /proc/sys is read-only: mount -o remount,rw /proc/sys',
  ])
}, 120_000)
