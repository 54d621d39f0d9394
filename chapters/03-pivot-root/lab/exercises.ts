/** The smaller exercises of the chapter. In a workspace, the answers are yours to write. */
import { command, session } from '../../../runtime/01-namespaces/command.ts'
import {
  closeInherited,
  namespaces,
  privateMounts,
  proc,
  processIds,
} from '../../../runtime/01-namespaces/namespaces.ts'
import { bind, letGo, pivotRoot } from '../../../runtime/03-pivot-root/root.ts'
import { channels, standardStreams } from '../../../runtime/03-pivot-root/streams.ts'
import type { PlanOptions } from '../../../runtime/options.ts'
import { stepOf, type Step } from '../../../runtime/step.ts'

const step = stepOf(3)

/** What becomes of a list: it runs to the end, or a call stops it with this errno. */
export type Outcome = '' | 'runs' | 'EBUSY' | 'EINVAL' | 'ENOENT' | 'ENOTDIR' | 'EPERM'

/**
 * Predict: each of these lists differs in one place from the chapter's, and is tried when you test.
 * The image is the directory rootfs inside of a mount, /image. Mounts are private.
 */

/** The list without `mount("/image/rootfs", "/image/rootfs", NULL, MS_BIND|MS_REC, NULL)`. */
export const withoutBind: Outcome = 'EINVAL'

/** The list without `chdir("/image/rootfs")`: the list begins in /, the root that is to go. */
export const withoutChdir: Outcome = 'EBUSY'

/** The list with `umount2` right after `pivot_root`: before /proc is mounted, not after. */
export const withEarlyUmount: Outcome = 'runs'

/** The list with `umount2(".", 0)`: without MNT_DETACH. */
export const withoutDetach: Outcome = 'EBUSY'

/**
 * Read: the mount points in `container` whose mounts show the same files as a mount in `host`, in
 * the order of `container`. Both are the texts of mountinfo files, as proc_pid_mountinfo(5) has
 * them. Two mounts show the same files if they are of the same device (the third field) and of the
 * same directory of it (the fourth). A mount point (the fifth) is given as it is: the kernel writes
 * a space in it as `\040`, a tab as `\011`, a newline as `\012` and a backslash as `\134`.
 */
export function mountsLeft(host: string, container: string): string[] {
  const rows = (text: string) => text.split('\n').filter(Boolean).map((line) => line.split(' '))
  const files = ([, , device, directory]: string[]) => `${device} ${directory}`
  const shown = new Set(rows(host).map(files))
  const left = rows(container).filter((row) => shown.has(files(row)))
  return left.map(([, , , , target = '']) =>
    target.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8))),
  )
}

/**
 * Repair: somebody wrote this container in a hurry. It should have the image as its root, nothing
 * of the host in its mount table, and a /proc with its own processes. Four steps are wrong, or in
 * the wrong place.
 */
export function mended(options: PlanOptions): Step[] {
  const { root } = options
  return [
    ...closeInherited(),
    ...channels(options),
    ...processIds(),
    ...namespaces(options),
    step(['mount', null, '/', null, ['MS_REC', 'MS_PRIVATE'], null], 'mounts stay in here'),
    step(['mount', root, root, null, ['MS_BIND', 'MS_REC'], null], 'a mount point'),
    step(['chdir', root], 'the new root is "."'),
    step(['pivot_root', '.', '.'], 'exchange the root'),
    ...proc(),
    step(['umount2', '.', ['MNT_DETACH']], 'the old root'),
    ...session(),
    ...standardStreams(options),
    ...command(options),
  ]
}

/**
 * Open: beyond the chapter. A container that can change nothing in its image: `/` is read-only, and
 * what it writes in `/tmp` goes to memory, at most 1 MB of it, and is gone when it ends. Its root
 * is the image, and nothing of the host is left. The image has a directory /tmp.
 */
export function sealed(options: PlanOptions): Step[] {
  const { root } = options
  return [
    ...closeInherited(),
    ...channels(options),
    ...processIds(),
    ...namespaces(options),
    ...privateMounts(),
    ...bind(root),
    ...pivotRoot(root),
    ...proc(),
    ...letGo(),
    step(
      ['mount', 'tmpfs', '/tmp', 'tmpfs', ['MS_NOSUID', 'MS_NODEV'], 'mode=1777,size=1m'],
      'a place to write, in memory',
    ),
    step(
      ['mount', null, '/', null, ['MS_REMOUNT', 'MS_BIND', 'MS_RDONLY'], null],
      'the image stays as it is',
    ),
    ...session(),
    ...standardStreams(options),
    ...command(options),
  ]
}
