/** Rules of others that drop what containers send or get, and the line that lets it pass. */
import { drops, type Drop, type Packet } from './dropped.ts'
import { hostDevices } from './interfaces.ts'
import { bridgeNetworks } from './networks.ts'
import { readChains } from './read-rules.ts'
import { isOf, type Chain } from './rulesets.ts'
import { wideRoutes } from './subnets.ts'

/** Who drops packets of a bridge, and what to type so that it does not. */
export interface Obstruction {
  /** `chain FORWARD of table ip filter, by its policy` */
  place: string
  /** Docker, ufw, firewalld, or nobody that is known by his chains. */
  owner?: string
  bridge: string
  /** Lines for a shell. */
  remedy: string
}

/** Where packets pass that come in by one interface and go out by another. */
const passing = ['prerouting', 'forward', 'postrouting']

/** What a packet that begins a connection is like: out of a network, and in to a published port. */
function samples(bridge: string, uplink: string, address: string): [Packet, string[]][] {
  const common = { 'family': 'ip', 'nfproto': 'ipv4', 'l4proto': 'tcp', 'ct state': 'new' }
  const out = { iifname: bridge, oifname: uplink, 'ct status': '', 'ip saddr': address }
  const into = { iifname: uplink, oifname: bridge, 'ct status': 'dnat', 'ip daddr': address }
  return [
    [{ ...common, ...out }, passing],
    [{ ...common, ...into }, ['forward', 'postrouting']], // before, it has the host's address
  ]
}

/** What stands in the way here; undefined if the rules cannot be read. */
export async function obstructions(root: string): Promise<Obstruction[] | undefined> {
  const chains = await readChains()
  return chains && obstructionsIn(chains, bridgesOf(root), uplink())
}

/** The bridges whose containers have a way out, with an address in each. */
function bridgesOf(root: string): Bridge[] {
  const open = bridgeNetworks(root).filter(({ isInternal }) => !isInternal)
  const found = open.flatMap(({ bridge, subnets }): Bridge[] => {
    const [{ gateway = '' } = {}] = subnets
    return bridge ? [{ name: bridge.name, address: gateway }] : []
  })
  return found.length > 0 ? found : [{ name: 'stepbox0', address: '172.17.0.2' }]
}

interface Bridge {
  name: string
  address: string
}

function uplink(): string {
  return wideRoutes()[0]?.device ?? hostDevices()[0] ?? 'eth0'
}

/** The same of rules that were read. Pure. */
export function obstructionsIn(chains: Chain[], bridges: Bridge[], device: string): Obstruction[] {
  const found = bridges.flatMap(({ name, address }) =>
    samples(name, device, address).flatMap(([packet, hooks]) =>
      drops(chains, packet, hooks).map((drop) => obstruction(chains, drop, name)),
    ),
  )
  return found.filter(
    ({ place, bridge }, at) =>
      at === found.findIndex((each) => each.place === place && each.bridge === bridge),
  )
}

function obstruction(chains: Chain[], drop: Drop, bridge: string): Obstruction {
  const place = placeOf(drop)
  const ofTable = chains.filter((each) => isOf(each, drop)).map(({ name }) => name)
  const known = firewalls.find(({ marks }) => marks(drop, ofTable))
  const remedy = (known?.lets ?? insideChain)(bridge, drop)
  return { place, bridge, remedy, ...(known?.owner ? { owner: known.owner } : {}) }
}

function placeOf({ family, table, chain, by }: Drop): string {
  const of = family === 'legacy' ? `table ${table} of iptables-legacy` : `table ${family} ${table}`
  return `chain ${chain} of ${of}, by ${by === 'policy' ? 'its policy' : 'a rule'}`
}

interface Firewall {
  owner?: string
  /** Whether a drop is its own, by the names of the chains in that table. */
  marks: (drop: Drop, chains: string[]) => boolean
  lets: (bridge: string, drop: Drop) => string
}

/** The first one that matches: Docker's chain comes before those of ufw. */
const firewalls: Firewall[] = [
  {
    owner: 'firewalld',
    marks: ({ table }) => table === 'firewalld',
    lets: (bridge) => `firewall-cmd --zone=trusted --add-interface=${bridge}`,
  },
  {
    owner: 'Docker',
    marks: (_, chains) => chains.includes('DOCKER-USER'),
    lets: (bridge, { family }) => insert(iptables(family), 'DOCKER-USER', bridge),
  },
  {
    owner: 'ufw',
    marks: (_, chains) => chains.includes('ufw-user-forward'),
    lets: (bridge) => `ufw route allow in on ${bridge} && ufw route allow out on ${bridge}`,
  },
  {
    marks: ({ family, base }) => family === 'legacy' || (family === 'ip' && base === 'FORWARD'),
    lets: (bridge, { family, base }) => insert(iptables(family), base, bridge),
  },
]

function iptables(family: string): string {
  return family === 'legacy' ? 'iptables-legacy' : 'iptables'
}

/** In both directions. */
function insert(program: string, chain: string, bridge: string): string {
  return `for way in -i -o; do ${program} -I ${chain} $way ${bridge} -j ACCEPT; done`
}

/** Of a chain that no known program has made. */
function insideChain(bridge: string, { family, table, base }: Drop): string {
  const line = (way: string) => `insert rule ${family} ${table} ${base} ${way} ${bridge} accept`
  return `nft '${line('iifname')}; ${line('oifname')}'`
}
