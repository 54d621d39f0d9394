/** Chapter 3. A root file system of its own, and no way back to the old one. */
import type { MountFlag } from '../calls.ts'
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

/** Make the directory `root` a mount point, which is what pivot_root(2) demands of a new root. */
export function bind(root: string): Step[] {
  return [
    step(
      ['mount', root, root, null, ['MS_BIND', 'MS_REC'], null],
      'pivot_root wants the new root to be a mount of its own; a directory is none',
    ),
  ]
}

/**
 * Exchange the whole mount namespace's root for `root`. With "." twice, the old root comes to lie
 * on top of the new one, so no directory is needed to put it in (pivot_root(2), NOTES).
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

/**
 * Let go of the old root. From here on no path leads to the host; "." is in the new root already.
 */
export function letGo(): Step[] {
  return [
    step(['umount2', '.', ['MNT_DETACH']], "the host's files are still mounted; now no longer"),
  ]
}

/**
 * The parts of /proc that change the host's kernel, and that Docker makes read-only. Which of them
 * are there depends on how the kernel was built.
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

/** /sys, of the network namespace it is mounted in, read-only. */
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
 * The working directory was reached by a path of the image's choosing; the kernel says whether it
 * lies inside the root (CVE-2024-21626).
 */
export function insideRoot(cwd: string | undefined): Step[] {
  if (!cwd || cwd === '/') return []
  return [
    ...parents(cwd).map((path) =>
      step(['mkdir', path, 0o755], 'a working directory that is missing is made', 'EEXIST'),
    ),
    step(['chdir', cwd], 'the directory that was asked for'),
    step(['getcwd'], 'it must lie inside the root, whatever links led there'),
  ]
}

/** `/a/b/c` → `/a`, `/a/b`, `/a/b/c`. */
function parents(path: string): string[] {
  const names = path.split('/').filter(Boolean)
  return names.map((_, at) => `/${names.slice(0, at + 1).join('/')}`)
}
