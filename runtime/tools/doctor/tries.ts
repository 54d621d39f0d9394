/** The plans that doctor tries, each the shortest that shows one thing to work. */
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

const size = { rows: 24, columns: 80 }

/** Tries that need only a process: namespaces, and file systems without a disk. */
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
    'user-namespace': userNamespace(user),
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
 * Where AppArmor restricts user namespaces (Ubuntu since 23.10), unshare succeeds but gives no
 * capabilities, and a later call fails.
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

/**
 * Tries that depend on the file system of the data root. `dir` has a directory `root` and the
 * directories that `overlay` takes, with a file `gone` and a directory `old` in `lower`.
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
