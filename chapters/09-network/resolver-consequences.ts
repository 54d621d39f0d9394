/** The lines of the resolver, and what happens without each. */
import { resolverFilter } from '../../runtime/09-network/resolver-filter.ts'
import type { Call } from '../../runtime/calls.ts'
import type { Consequence } from '../../runtime/consequence.ts'
import type { PlanOptions } from '../../runtime/options.ts'

/** Two files of the pretend machine: the container is in one network, and so is `data`. */
export const files: Call[] = [
  ['mount', 'disk', '/mnt', 'tmpfs', [], null],
  ['chmod', '/mnt', 0o711],
  ['mkdir', '/mnt/net', 0o755],
  ['create', '/mnt/own', Buffer.from(['network', 'net', 'shop\n'].join(' ')), 0o644, 0, 0, 0n, 0],
  ['create', '/mnt/net/1', Buffer.from('172.18.0.3 data\n'), 0o644, 0, 0, 0n, 0],
]

export const resolver = { directory: '/mnt', file: 'own', filter: resolverFilter() }
const options = (): Partial<PlanOptions> => ({ resolver })
const shown = { options, before: files, needs: ['nft'] }

/** A question as a datagram, and a connection. */
export const asks = {
  inside: [
    'timeout 9 nslookup data 127.0.0.11 2> /dev/null | grep -o 172.18.0.3',
    'timeout 9 nc 127.0.0.11 53 < /dev/null > /dev/null 2>&1 && echo connected',
    'true',
  ].join('\n'),
  kept: '172.18.0.3\nconnected',
}

const silent = '(172.18.0.3)?'

export const resolverConsequences: Consequence[] = [
  {
    ...shown,
    drop: /^fork\(\) \/\* chroot\(/,
    consequence: 'there is nobody to whom the sockets could be sent',
    see: { ...asks, broken: 'sendmsg_rights = EBADF' },
  },
  {
    ...shown,
    drop: /SOCK_DGRAM, 0\), {41153, /,
    consequence: 'there is no socket that could be sent',
    see: { ...asks, broken: 'sendmsg_rights = EBADF' },
  },
  {
    ...shown,
    drop: /SOCK_STREAM, 0\), {41153, /,
    consequence: 'the socket for datagrams is used for both, and it has no connections',
    see: { ...asks, broken: 'listen_tcp = (ENOTSUP|EOPNOTSUPP)' },
  },
  {
    ...shown,
    drop: /^listen\(125, /,
    consequence: 'a long answer, which comes by TCP, has no way',
    see: { ...asks, broken: '172.18.0.3' },
  },
  {
    ...shown,
    drop: /^sendmsg\(126, /,
    consequence: 'the resolver waits for its second socket, and answers nobody',
    see: { ...asks, broken: silent },
  },
  {
    ...shown,
    drop: /^execve\("nft"/,
    consequence: 'nobody listens at port 53, where programs ask',
    see: { ...asks, broken: '' },
  },
]
