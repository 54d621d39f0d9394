/** Step by step. What doctor tries: the plans, each the smallest that shows one thing to work. */
import { dev } from '../../03-pivot-root/devices.ts'
import { privateMounts, proc, processIds } from '../../01-namespaces/namespaces.ts'
import { overlay } from '../../04-overlay/overlay.ts'
import { bind, letGo, pivotRoot } from '../../03-pivot-root/root.ts'
import { session } from '../../01-namespaces/command.ts'
import type { Call, NamespaceFlag } from '../../calls.ts'
import { toolStep, type Step } from '../../step.ts'
import { terminal, terminalChannel } from '../../03-pivot-root/terminal.ts'
import type { Try } from './machine.ts'

const why = 'to see whether this machine allows it'

function steps(...calls: Call[]): Step[] {
  return calls.map((call) => toolStep(call, why))
}

function isolated(): Step[] {
  return [...steps(['unshare', ['CLONE_NEWNS']]), ...privateMounts()]
}

const nobody = 65534
const size = { rows: 24, columns: 80 }

/** What needs nothing but a process: namespaces, and file systems that are made from nothing. */
export function plainTries(user: { uid: number; gid: number }): Partial<Record<Try, Step[]>> {
  return {
    native: [],
    'close-range': steps(['close_range', 8, 4294967295, ['CLOSE_RANGE_CLOEXEC']]),
    'pid-namespace': processIds(),
    'mount-namespace': isolated(),
    'uts-namespace': steps(['unshare', ['CLONE_NEWUTS']], ['sethostname', 'stepbox']),
    'ipc-namespace': unshared('CLONE_NEWIPC'),
    'cgroup-namespace': unshared('CLONE_NEWCGROUP'),
    'network-namespace': [
      ...unshared('CLONE_NEWNET'),
      ...steps(['ioctl_ifflags', 'lo', ['IFF_UP']]),
    ],
    'time-namespace': unshared('CLONE_NEWTIME'),
    'user-namespace': userNamespace(user),
    ...(user.uid === 0 ? { rootless: [...becomeNobody(), ...withoutMaps()] } : {}),
    'mount-proc': [...processIds(), ...isolated(), ...proc()],
    devices: [...isolated(), ...dev(), ...steps(['open', '/dev/null', ['O_RDWR', 'O_CLOEXEC'], 0])],
    terminal: [
      ...terminalChannel(size),
      ...steps(['fork']),
      ...isolated(),
      ...dev(),
      ...session(),
      ...terminal(size, undefined),
    ],
  }
}

function unshared(flag: NamespaceFlag): Step[] {
  return steps(['unshare', [flag]])
}

/**
 * Where AppArmor restricts it, the first call succeeds and gives no capabilities; it is the second
 * or the third that fails (PITFALLS of Ubuntu since 23.10).
 */
function userNamespace({ uid, gid }: { uid: number; gid: number }): Step[] {
  return steps(
    ['unshare', ['CLONE_NEWUSER']],
    ['write', '/proc/self/setgroups', 'deny'],
    ['write', '/proc/self/uid_map', `0 ${uid} 1`],
    ['write', '/proc/self/gid_map', `0 ${gid} 1`],
    ['unshare', ['CLONE_NEWNS']],
  )
}

function becomeNobody(): Step[] {
  return steps(['setgroups', []], ['setgid', nobody], ['setuid', nobody])
}

/** A process that changed its user may not write its own maps, which prove nothing more anyway. */
function withoutMaps(): Step[] {
  return [...unshared('CLONE_NEWUSER'), ...unshared('CLONE_NEWNS')]
}

/**
 * What depends on the file system that the data root lies on. Below `dir` are `root`, a directory,
 * and what `overlay` wants, with a file `gone` and a directory `old` in `lower`.
 */
export function storageTries(dir: string): Partial<Record<Try, Step[]>> {
  return {
    'pivot-root': [
      ...isolated(),
      ...bind(`${dir}/root`),
      ...pivotRoot(`${dir}/root`),
      ...letGo(),
    ],
    overlay: [
      ...isolated(),
      ...overlay(['lower'], dir),
      ...steps(
        ['unlink', 'merged/gone'], // a whiteout: mknod 0:0
        ['rmdir', 'merged/old'],
        ['mkdir', 'merged/old', 0o755], // opaque: an extended attribute of the upper file system
        ['lgetxattr', 'upper/old', 'trusted.overlay.opaque'],
      ),
    ],
  }
}

/** What later chapters need of the network, by the programs that ask the kernel for it. */
export function networkTries(tools: Tools): Partial<Record<Try, Step[]>> {
  const inside = (path: string, ...args: string[]): Step[] => [
    ...unshared('CLONE_NEWNET'),
    ...steps(['fork'], ['execvpe', path, [...args], []]),
  ]
  const { ip, nft, iptables } = tools
  const link = (type: string): Step[] =>
    inside(ip?.path ?? '', ...(ip?.argv ?? []), 'link', 'add', 'stepbox0', 'type', type)
  return {
    ...(ip ? { veth: link('veth'), bridge: link('bridge') } : {}),
    ...(nft ? { nft: inside(nft, 'nft', 'add', 'table', 'ip', 'stepbox') } : {}),
    ...(iptables ? { iptables: inside(iptables, 'iptables', '-w', '1', '-t', 'nat', '-S') } : {}),
  }
}

/** Where the programs are. Busybox has an `ip` in it. */
export interface Tools {
  ip?: { path: string; argv: string[] }
  nft?: string
  iptables?: string
}
