/** A network on the pretend machine, for experiments, and what is seen of it. */
import { makeBridge } from '../../runtime/09-network/messages.ts'
import type { NetPlan } from '../../runtime/09-network/net-plan.ts'
import { filterScript } from '../../runtime/09-network/packet-filter.ts'
import type { Call } from '../../runtime/calls.ts'
import { firstPortFd, firstTreeFd } from '../../runtime/descriptors.ts'
import type { PlanOptions } from '../../runtime/options.ts'

/** One network on the pretend machine, and one container in it. */
export const net: NetPlan = {
  ends: [
    {
      network: '0123456789abcdef',
      bridge: {
        name: 'stepbox0',
        index: 1234567,
        mtu: 1500,
        addresses: [{ address: '172.17.0.1', prefix: 16 }],
      },
      veth: { name: 'sbv0123456789a', index: 7654321, alias: '0123456789abcdef-eth0' },
      inside: {
        name: 'eth0',
        index: 2,
        mac: '02:42:ac:11:00:02',
        addresses: [{ address: '172.17.0.2', prefix: 16 }],
        gateway: '172.17.0.1',
      },
    },
  ],
  ports: [],
  script: '',
  sysctls: [['/proc/sys/net/ipv4/conf/stepbox0/forwarding', '1']],
}

/** The host answers through the bridge, or it does not. */
export const pings = {
  inside: 'ping -q -c 1 -w 5 172.17.0.1 > /dev/null 2>&1 && echo reached || echo not reached',
  kept: 'reached',
  broken: 'not reached',
}

/** Port 8080 of the machine leads to the container's port 80. */
function withPort(): NetPlan {
  const to = { address: '172.17.0.2', port: 80 }
  const at = { address: '0.0.0.0', port: 8080, protocol: 'tcp' } as const
  const ports: NetPlan['ports'] = [{ ...at, to, fd: firstPortFd }]
  const network = { bridge: 'stepbox0', subnets: ['172.17.0.0/16'] }
  const plain = { isInternal: false, isMasqueraded: true, isClosed: false }
  const id = '0123456789abcdef'.repeat(4)
  const script = filterScript([{ ...network, ...plain }], {
    ...{ id, ends: net.ends, ports },
  })
  const conf = '/proc/sys/net/ipv4/conf/stepbox0'
  const sysctls: NetPlan['sysctls'] = [
    [`${conf}/forwarding`, '1'],
    [`${conf}/route_localnet`, '1'],
  ]
  return { ...net, ports, script, sysctls }
}

const client =
  'exec 3<> /dev/tcp/127.0.0.1/8080 && printf "GET /page HTTP/1.0\\r\\n\\r\\n" >&3 && tail -n 1 <&3'

/** A page of the container, asked for on the machine. */
export const published = {
  options: (): Partial<PlanOptions> => ({ net: withPort() }),
  before: [['ioctl_ifflags', 'lo', ['IFF_UP']]] satisfies Call[],
  see: {
    inside: 'echo page > /tmp/page; httpd -p 80 -h /tmp; echo ready; read line',
    outside: `nsenter -t $machine -n timeout 9 bash -c '${client}' 2> /dev/null || echo nothing`,
    kept: 'page',
    broken: 'nothing',
  },
}

const linkFd = firstTreeFd - 1

/** A bridge that has the name of the cable's end, as if a start before this one had left it. */
export const left: Call[] = [
  ['netlink_socket', linkFd],
  ['rtnetlink', linkFd, makeBridge({ name: 'sbv0123456789a', index: 1000, mtu: 1500 })],
]
