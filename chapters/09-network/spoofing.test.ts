/** Tests: a container cannot pass for its neighbour, whatever rights it has in its own network. */
import { describe, expect, test, type TestContext } from 'vitest'
import { begunTown, type Side, type Town } from './town.ts'

const patience = 120_000

interface Scene extends Town {
  /** A container that does what it should not, and what it has. */
  thief: Side
  own: Ends
  /** What its neighbour has, who does nothing. */
  victim: Ends
  gateway: string
  gateway6: string
}

interface Ends {
  four: string
  six: string
  mac: string
}

/** Two containers in a network with IPv6. */
async function begun(context: TestContext): Promise<Scene> {
  const town = await begunTown(context)
  town.stepbox('network', 'create', '--ipv6', '--subnet', '10.7.0.0/16', 'shared')
  town.run('victim', ['--network', 'shared'])
  const thief = town.run('thief', ['--network', 'shared'])
  const fields = ['IPAddress', 'GlobalIPv6Address', 'MacAddress', 'Gateway', 'IPv6Gateway']
  const format = fields.map((field) => `{{.NetworkSettings.Networks.shared.${field}}}`).join(' ')
  const [own, other] = ['thief', 'victim'].map((name) => {
    const words = town.stepbox('inspect', '-f', format, name).out.trim().split(' ')
    const [four = '', six = '', mac = '', gateway = '', gateway6 = ''] = words
    return { ends: { four, six, mac }, gateway, gateway6 }
  })
  if (!own || !other) throw new Error('there are two')
  return { ...town, thief, own: own.ends, victim: other.ends, ...own }
}

function reaches({ on, thief }: Scene, at: string, ...from: string[]): boolean {
  const ping = at.includes(':') ? 'ping6' : 'ping'
  return on(thief, ['busybox', ping, '-c', '1', '-W', '1', ...from, at]).code === 0
}

/** What the thief does: ip and nft, with all rights in its network. */
function does({ on, thief }: Scene, script: string): void {
  expect(on(thief, ['sh', '-c', script])).toMatchObject({ err: '' })
}

/** The thief's kernel makes honest packets; a rule changes them before they are sent. */
function changing(family: 'arp' | 'ip' | 'ip6', change: string): string {
  const hook = 'type filter hook output priority 0;'
  return `nft 'table ${family} thief { chain change { ${hook} ${change}; }; }'`
}

/** The MAC address at which the host believes `at` to be. */
function believed({ on }: Scene, at: string): string | undefined {
  const bridge = on('host', ['sh', '-c', 'ip -o link show type bridge | grep -o "sb-[0-9a-f]*"'])
  const { out } = on('host', ['ip', 'neigh', 'show', at, 'dev', bridge.out.trim()])
  return /lladdr (\S+)/.exec(out)?.[1]
}

/** The host asks who has it, and believes somebody or nobody. */
function asked(scene: Scene, at: string): string | undefined {
  const ping = at.includes(':') ? 'ping6' : 'ping'
  scene.on('host', ['busybox', ping, '-c', '1', '-W', '1', at])
  return believed(scene, at)
}

const free = '10.7.9.9'

describe('a container passes only as itself', () => {
  test('with its addresses', async (context) => {
    const scene = await begun(context)
    const { own, gateway, gateway6, victim } = scene
    for (const at of [gateway, gateway6, victim.four, victim.six])
      expect(reaches(scene, at)).toBe(true)
    const free6 = victim.six.replace(/[^:]*$/, '999')
    does(scene, `ip address add ${free}/16 dev eth0; ip address add ${free6}/64 dev eth0 nodad`)
    expect(reaches(scene, gateway, '-I', free)).toBe(false)
    expect(reaches(scene, gateway6, '-I', free6)).toBe(false)
    expect(asked(scene, free)).toBeUndefined()
    expect(asked(scene, free6)).toBeUndefined()
    expect(asked(scene, own.four)).toBe(own.mac)
    expect(asked(scene, own.six)).toBe(own.mac)
  }, patience)

  test('as the source of a packet, for which nobody is looked for', async (context) => {
    const scene = await begun(context)
    const { victim, gateway, gateway6 } = scene
    const seen = (family: string, what: string, from: string) =>
      `chain ${family} { type filter hook input priority 0; ` +
      `${what} echo-request ${from} counter; };`
    const four = seen('four', 'icmp type', `ip saddr ${victim.four}`)
    const six = seen('six', 'icmpv6 type', `ip6 saddr ${victim.six}`)
    expect(scene.on('host', ['nft', `table inet seen { ${four} ${six} }`]).err).toBe('')
    const counted = () => scene.on('host', ['nft', 'list', 'table', 'inet', 'seen']).out
    does(scene, changing('ip', `icmp type echo-request ip saddr set ${victim.four}`))
    does(scene, changing('ip6', `icmpv6 type echo-request ip6 saddr set ${victim.six}`))
    for (const at of [gateway, gateway6]) expect(reaches(scene, at)).toBe(false)
    expect(counted().match(/counter packets 0 /g)).toHaveLength(2)
    scene.stepbox('exec', 'victim', 'ping', '-c', '1', gateway)
    expect(counted().match(/counter packets 0 /g)).toHaveLength(1)
  }, patience)

  test('with its MAC address', async (context) => {
    const scene = await begun(context)
    const { gateway, victim, own } = scene
    does(scene, `ip link set eth0 address ${victim.mac}`)
    expect(reaches(scene, gateway)).toBe(false)
    does(scene, `ip link set eth0 address ${own.mac}`)
    expect(reaches(scene, gateway)).toBe(true)
  }, patience)

  test('when it asks for a neighbour in a frame that is no usual one', async (context) => {
    const scene = await begun(context)
    does(scene, `ip address add ${free}/16 dev eth0`)
    does(scene, changing('arp', 'arp htype set 6')) // IEEE 802, which Linux takes for Ethernet
    reaches(scene, scene.gateway, '-I', free)
    expect(asked(scene, free)).toBeUndefined()
  }, patience)

  test('to the bridge, which remembers where a MAC address was', async (context) => {
    const scene = await begun(context)
    const { on, victim, thief, gateway } = scene
    const learnt = () => {
      const lines = on('host', ['bridge', 'fdb', 'show']).out.split('\n')
      return lines.find((line) => line.startsWith(victim.mac) && line.includes('master sb-'))
    }
    scene.stepbox('exec', 'victim', 'ping', '-c', '1', gateway)
    const before = learnt()
    expect(before).toContain('sbv')
    const hook = 'type filter hook egress device eth0 priority 0;'
    const change = `ether type arp ether saddr set ${victim.mac};`
    does(scene, `nft 'table netdev thief { chain change { ${hook} ${change} }; }'`)
    on(thief, ['ip', 'neigh', 'flush', 'dev', 'eth0'])
    reaches(scene, gateway)
    expect(learnt()).toBe(before)
  }, patience)

  test('when a neighbour is looked for by IPv6', async (context) => {
    const scene = await begun(context)
    const { own, gateway6, victim } = scene
    const free6 = victim.six.replace(/[^:]*$/, '999')
    does(scene, `ip address add ${free6}/64 dev eth0 nodad`)
    const answer = 'icmpv6 type nd-neighbor-advert'
    does(scene, changing('ip6', `${answer} ip6 saddr set ${own.six}`))
    expect(asked(scene, free6)).toBeUndefined()
    expect(reaches(scene, gateway6, '-I', own.six)).toBe(true)
  }, patience)

  test('and not as a router', async (context) => {
    const scene = await begun(context)
    const ping = 'icmpv6 type echo-request'
    // 64 hops at most, no flags, a router for 1800 seconds: RFC 4861, section 4.2
    const fields = 'icmpv6 id set 0x4000 icmpv6 sequence set 1800'
    const router = `ip6 hoplimit set 255 ${fields} icmpv6 type set nd-router-advert`
    does(scene, changing('ip6', `${ping} ip6 daddr ff02::1 ${router}`))
    reaches(scene, 'ff02::1', '-s', '8', '-I', 'eth0')
    const routes = scene.stepbox('exec', 'victim', 'ip', '-6', 'route').out
    expect(routes).toContain(`default via ${scene.gateway6}`)
    expect(routes.match(/^default/gm)).toHaveLength(1)
  }, patience)
})
