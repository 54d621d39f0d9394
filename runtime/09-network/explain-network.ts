/** Why a port cannot be held, or the packet filter not be set up. */
import { basename, dirname } from 'node:path'
import type { Call } from '../calls.ts'
import type { FailedStep } from '../chapter-tools.ts'
import { runningContainers } from '../container/find.ts'
import { namesIn, tryRead, tryReadlink } from '../files.ts'
import type { Step } from '../step.ts'
import type {} from './endpoints.ts'

/** In one line, with what to do about it; undefined if the errno says it all. */
export function explainNetwork(call: Call, { errno, plan }: FailedStep): string | undefined {
  if (call[0] === 'spawn' && call[1] === 'nft' && errno === 'ENOENT')
    return 'the program nft sets up the packet filter: apt-get install nftables'
  if (call[0] === 'spawn' && call[1] === 'nft' && errno === 'EPROTO')
    return "a table 'stepbox' is another program's, or the kernel lacks a part: stepbox doctor"
  if (call[0] === 'rtnetlink') return aboutLinks(errno)
  if (call[0] === 'write' && call[1].startsWith('/proc/sys/net/') && errno === 'EROFS')
    return 'the host passes packets on, and /proc/sys is read-only: mount -o remount,rw /proc/sys'
  if (call[0] !== 'hold_port') return undefined
  const [, address, port, type, fd] = call
  if (errno === 'EADDRINUSE') return whoHas({ address, port, type, fd }, plan)
  if (errno === 'EADDRNOTAVAIL')
    return `${address} is no address of this host; to see which there are: ip address`
  if (errno === 'EMFILE') return `so many ports take more open files: ulimit -n ${fd + 128}`
  return undefined
}

function aboutLinks(errno: string): string | undefined {
  if (errno === 'EACCES') return `this host has IPv6 switched off: sysctl -w ${ipv6On}`
  if (errno === 'EOPNOTSUPP') return 'the kernel lacks a kind of link: modprobe -a bridge veth'
  return undefined
}

const ipv6On = ['all', 'default'].map((of) => `net.ipv6.conf.${of}.disable_ipv6=0`).join(' ')

interface Wanted {
  address: string
  port: number
  type: 'SOCK_STREAM' | 'SOCK_DGRAM'
  fd: number
}

/** A container of this data root, else a process that can be seen. */
function whoHas({ address, port, type }: Wanted, plan: Step[]): string {
  const protocol = type === 'SOCK_DGRAM' ? 'udp' : 'tcp'
  const meets = (other: string) =>
    other === address || [other, address].some((each) => each === '0.0.0.0' || each === '::')
  const isSame = ({ call }: Step) =>
    call[0] === 'hold_port' && call[2] === port && call[3] === type && meets(call[1])
  if (plan.filter(isSame).length > 1) return `port ${port} is asked for twice here: take another`
  const containers = containersBeside(plan).filter(({ net }) =>
    net?.ports.some(
      (each) => each.port === port && each.protocol === protocol && meets(each.address),
    ),
  )
  // One that only starts may be refused as well.
  const container = containers.find(({ status }) => status !== 'created') ?? containers[0]
  if (container)
    return `container '${container.name}' has port ${port}: take another, or stop that one`
  const holder = processWith(port, protocol)
  if (holder) return `port ${port} is held by ${holder}: take another, or end that one`
  return (
    `port ${port} is held by a program that does not listen to it, such as a container of ` +
    'another data root, or that has just ended'
  )
}

/** The list says where its own container's directory is, and the others are beside it. */
function containersBeside(plan: Step[]) {
  const found = plan.find(({ call }) => call[0] === 'supervise')?.call
  if (found?.[0] !== 'supervise') return []
  const [root, own] = [dirname(dirname(found[1])), basename(found[1])]
  return runningContainers(root).filter(({ id }) => id !== own)
}

/** `process 812 (nginx)`: who has a socket open that has this port. */
function processWith(port: number, protocol: 'tcp' | 'udp'): string | undefined {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  const inodes = [protocol, `${protocol}6`].flatMap((file) =>
    (tryRead(`/proc/net/${file}`) ?? '').split('\n').flatMap((line) => {
      const [, local = '', , , , , , , , inode = ''] = line.trim().split(/\s+/)
      return local.endsWith(`:${hex}`) && inode !== '0' ? `socket:[${inode}]` : []
    }),
  )
  if (inodes.length === 0) return undefined
  const pid = namesIn('/proc').find((name) => /^\d+$/.test(name) && hasOpen(name, inodes))
  return pid && `process ${pid} (${tryRead(`/proc/${pid}/comm`)?.trim() ?? 'ended by now'})`
}

function hasOpen(pid: string, files: string[]): boolean {
  const dir = `/proc/${pid}/fd`
  try {
    return namesIn(dir).some((fd) => files.includes(tryReadlink(`${dir}/${fd}`) ?? ''))
  } catch {
    return false // ignoring: a process of another user shows nothing
  }
}
