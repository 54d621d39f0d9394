/**
 * Exchange the root file system, and unmount the old one.
 *
 * chroot(2) changes only where the paths of one process begin, and root can leave again (chroot(2),
 * NOTES). pivot_root(2) changes the mount namespace: once the old root is unmounted, the namespace
 * has no mount of the host's files any more, for any process in it.
 */
import type { MountFlag } from '../flag-names.ts'
import { stepOf, type Step } from '../step.ts'

const step = stepOf(3)

declare module '../options.ts' {
  interface ContainerOptions {
    /** A directory that holds a root file system. */
    rootfs?: string
  }
  interface PlanOptions {
    /** The directory that becomes `/`. */
    root: string
  }
}

/** Make the directory `root` a mount point: pivot_root(2) demands that of a new root. */
export function bind(root: string): Step[] {
  return [
    step(
      ['mount', root, root, null, ['MS_BIND', 'MS_REC'], null],
      'pivot_root needs a mount point as the new root',
    ),
  ]
}

/**
 * Exchange the root of the mount namespace for `root`. With "." as both arguments the old root is
 * stacked on top of the new one, so no directory is needed for it (pivot_root(2), NOTES).
 */
export function pivotRoot(root: string): Step[] {
  return [
    step(['chdir', root], 'the new root becomes ".", so that both can be named'),
    step(
      ['pivot_root', '.', '.'],
      'the root of every path is now the image; the old root is on top',
    ),
  ]
}

/** Unmount the old root, which "." still names. From here on no path leads to the host's files. */
export function letGo(): Step[] {
  return [
    step(['umount2', '.', ['MNT_DETACH']], "until here, the host's files are still mounted"),
  ]
}

/**
 * Make the parts of /proc read-only with which root could change the host's kernel: the ones that
 * Docker protects, `bus`, `fs`, `irq`, `sys` and `sysrq-trigger`. Which of them exist depends on
 * the kernel's build. The rest of /proc stays as it is: a process writes to its own files there.
 */
export function readOnlyProc(): Step[] {
  return ['bus', 'fs', 'irq', 'sys', 'sysrq-trigger'].flatMap((name) => {
    const path = `/proc/${name}`
    return [
      step(
        ['mount', path, path, null, ['MS_BIND'], null],
        'only a mount can be made read-only',
        'ENOENT',
      ),
      step(
        ['mount', null, path, null, ['MS_REMOUNT', 'MS_BIND', ...quiet, 'MS_RDONLY'], null],
        name === 'sysrq-trigger'
          ? 'root inside could reboot the machine with one word'
          : `root inside could change the host's kernel through ${path}`,
        'ENOENT',
      ),
    ]
  })
}

/** A sysfs on /sys, read-only. It shows the network namespace of the process that mounts it. */
export function sys(): Step[] {
  return [
    step(
      ['mount', 'sysfs', '/sys', 'sysfs', ['MS_RDONLY', ...quiet], null],
      'programs look for devices here; what they write would reach the host',
    ),
  ]
}

const quiet: MountFlag[] = ['MS_NOSUID', 'MS_NODEV', 'MS_NOEXEC']

/**
 * Enter the working directory `cwd`, made if it is missing. The image chooses the path, and links
 * on it could lead outside, so getcwd(2) checks that the directory is inside the root
 * (CVE-2024-21626).
 */
export function insideRoot(cwd: string | undefined): Step[] {
  if (!cwd || cwd === '/') return []
  return [
    step(
      ['mkdir_parents', cwd, 0o755],
      'where it is missing it is made, with the directories above it',
      'EEXIST',
    ),
    step(['chdir', cwd], 'the directory that was asked for'),
    step(['getcwd'], 'it must lie inside the root, whatever links led there'),
  ]
}
