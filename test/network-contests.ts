/** Benchmark. What a network costs: a start with one, and the bytes that pass through it. */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { filterScript, withoutContainer } from '../runtime/09-network/packet-filter.ts'
import type { NetworkEnd } from '../runtime/09-network/net-plan.ts'
import { finish } from '../runtime/container/run.ts'
import type { Runtime } from '../runtime/chapter.ts'
import { execute, rootIn, type Contest } from './contests.ts'
import { beginBusybox } from './in-process.ts'
import { hostsWithBridges, inNetworkOf, published, type BridgedHost } from './network-hosts.ts'
import { runtimeOn } from './rows.ts'

export async function* networks(dir: string): AsyncGenerator<Contest> {
  const runtime = await runtimeOn(await rootIn(dir, 'network'))
  const holder = spawn('unshare', ['-n', 'sleep', '100000'])
  try {
    const bare = join(dir, 'bare.sh')
    writeFileSync(bare, bareLines(holder.pid ?? 0))
    yield {
      what: 'start with a network',
      ours: () => started(runtime, 'bridge'),
      theirs: [
        {
          name: 'without, and 2 × ip, nft',
          run: async () => {
            await started(runtime, 'none')
            for (let twice = 0; twice < 2; twice++) await execute('sh', '-e', bare)
          },
        },
        { name: 'without', run: () => started(runtime, 'none') },
      ],
      budget: 1,
    }
  } finally {
    holder.kill()
  }
  yield* throughput(dir)
}

async function started(runtime: Runtime, network: string): Promise<void> {
  const begun = await beginBusybox(runtime, { argv: ['true'], rm: true, network })
  const { exitCode } = await finish(runtime, begun)
  if (exitCode !== 0) throw new Error(`the container exited with ${exitCode}`)
}

/** What the list does for a container's network, and what is done at its end, by ip and nft. */
function bareLines(pid: number): string {
  const [name, id, mac] = ['bare0', 'f'.repeat(64), '02:42:ac:1f:00:02']
  const bridge = { name: 'bare', index: 1, addresses: [], mtu: 1500 }
  const addresses = [{ address: '172.31.0.2', prefix: 16 }]
  const inside = { name: 'eth0', index: 2, mac, addresses }
  const end: NetworkEnd = { network: '', bridge, veth: { name, index: 2, alias: '' }, inside }
  const open = { isInternal: false, isClosed: false, isMasqueraded: true }
  const network = { bridge: 'bare', subnets: ['172.31.0.0/16'], ...open }
  const container = { id, ends: [end], ports: [] }
  const nft = (script: string) => ["nft -f - <<'END'", script.trim(), 'END']
  return [
    'ip link show bare > /dev/null 2>&1 || ip -batch - <<END',
    'link add bare type bridge',
    'address add 172.31.0.1/16 dev bare',
    'link set bare up',
    'END',
    ...nft(filterScript([network], container)),
    'ip -batch - <<END',
    `link add ${name} mtu 1500 type veth peer name eth0 address ${mac} netns ${pid}`,
    `link set ${name} master bare up`,
    'END',
    `nsenter -t ${pid} -n ip -batch - <<END`,
    'link set lo up',
    'address add 172.31.0.2/16 dev eth0',
    'link set eth0 up',
    'route add default via 172.31.0.1',
    'END',
    `ip link delete ${name}`,
    ...nft(withoutContainer(container).join('')),
    '',
  ].join('\n')
}

const bytes = '1G'

/** Between two containers, and from a machine beside the host to a published port. */
async function* throughput(dir: string): AsyncGenerator<Contest> {
  const { hosts, failures, clear } = await hostsWithBridges(dir)
  const contest = (what: string, run: (host: BridgedHost) => Promise<void>): Contest => {
    const contenders = hosts.map((host) => ({ name: host.name, run: () => run(host) }))
    const [own, ...theirs] = contenders
    if (!own) throw new Error('no container of ours')
    return { what, ours: own.run, theirs, budget: 1.05, share: 0.25, notes: failures.splice(0) }
  }
  try {
    yield contest('1 GB to a container', ({ client, address }) =>
      inNetworkOf(client, 'iperf3', '-c', address, '-n', bytes),
    )
    yield contest('1 GB to a published port', ({ outside }) =>
      inNetworkOf(outside, 'iperf3', '-c', published.address, '-n', bytes),
    )
  } finally {
    await clear()
  }
}
