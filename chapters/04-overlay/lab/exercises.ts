/** The smaller exercises of the chapter. In a workspace, the answers are yours to write. */
import { command, session } from '../../../runtime/01-namespaces/command.ts'
import {
  closeInherited,
  namespaces,
  privateMounts,
  proc,
  processIds,
} from '../../../runtime/01-namespaces/namespaces.ts'
import { letGo, pivotRoot } from '../../../runtime/03-pivot-root/root.ts'
import { channels, standardStreams } from '../../../runtime/03-pivot-root/streams.ts'
import type { PlanOptions } from '../../../runtime/options.ts'
import { stepOf, type Step } from '../../../runtime/step.ts'

const step = stepOf(4)

/** What a write layer has under a name. */
export type Found = '' | 'nothing' | 'file' | 'directory' | 'opaque directory' | 'whiteout'

/**
 * Predict: each line is done in a fresh container of busybox. What does its write layer have under
 * the name at the end of the line? The image has /etc/passwd, /etc/group, /bin/vi, /root and /home.
 */

/** `cat /etc/passwd`: under /etc/passwd */
export const afterReading: Found = 'nothing'

/** `chmod 600 /etc/group`: under /etc/group */
export const afterChmod: Found = 'file'

/** `rm /bin/vi`: under /bin/vi */
export const afterDeleting: Found = 'whiteout'

/** `touch /brief; rm /brief`: under /brief */
export const afterBoth: Found = 'nothing'

/** `touch /root/notes`: under /root */
export const afterWritingBelow: Found = 'directory'

/** `rm -r /home; mkdir /home`: under /home */
export const afterRemaking: Found = 'opaque directory'

/** A name in a write layer, as the host sees it. */
export interface Name {
  /** As the container sees it: `/etc/passwd`. */
  path: string
  /** As stat(1) says it: `regular file`, `directory`, `character special file` … */
  type: string
  /** Of a device node, `1:3`; otherwise empty. */
  device: string
  /** The image has this name, too. */
  isInImage: boolean
  /** Its own owner, mode or time is not that of the image. */
  isChanged: boolean
}

/**
 * Read: what `diff` prints of the names in a write layer, in their order: `A /new` for a name that
 * the image does not have, `C /etc/passwd` for one that was changed, `D /bin/vi` for one that was
 * deleted. A directory is in a write layer as soon as something below it is: it counts only if it
 * is new, or if it was changed itself.
 */
export function changesIn(names: Name[]): string[] {
  return names.flatMap(({ path, type, device, isInImage, isChanged }) => {
    if (type === 'character special file' && device === '0:0') return [`D ${path}`]
    if (!isInImage) return [`A ${path}`]
    return type !== 'directory' || isChanged ? [`C ${path}`] : []
  })
}

/**
 * Repair: this container should see the topmost of `layers` first, write to `upper`, and keep
 * `work` beside it. Three things in the first steps of its root are wrong.
 */
export function mended(options: PlanOptions): Step[] {
  const { layers, dir } = options
  const data = `lowerdir=${layers.join(':')},upperdir=upper,workdir=work`
  return [
    ...closeInherited(),
    ...channels(options),
    ...processIds(),
    ...namespaces(options),
    ...privateMounts(),
    step(['chdir', dir], 'names begin here'),
    step(['mount', 'overlay', 'merged', 'overlay', [], data], 'the layers as one tree'),
    ...pivotRoot('merged'),
    ...proc(),
    ...letGo(),
    ...session(),
    ...standardStreams(options),
    ...command(options),
  ]
}

/**
 * Open: beyond the chapter. A container whose write layer is in memory, at most 4 MB of it: it can
 * write anywhere, and nothing of that ever reaches the disk of the host. In `dir` there are
 * `upper`, `work` and `merged`, all empty.
 */
export function inMemory(options: PlanOptions): Step[] {
  const { layers, dir } = options
  const data = `lowerdir=${layers.join(':')},upperdir=work/upper,workdir=work/work`
  return [
    ...closeInherited(),
    ...channels(options),
    ...processIds(),
    ...namespaces(options),
    ...privateMounts(),
    step(['chdir', dir], 'names begin here'),
    step(['mount', 'tmpfs', 'work', 'tmpfs', [], 'mode=755,size=4m'], 'memory for both'),
    step(['mkdir', 'work/upper', 0o755], 'what is written'),
    step(['mkdir', 'work/work', 0o755], "the kernel's scratch space"),
    step(['mount', 'overlay', 'merged', 'overlay', [], data], 'the layers as one tree'),
    ...pivotRoot('merged'),
    ...proc(),
    ...letGo(),
    ...session(),
    ...standardStreams(options),
    ...command(options),
  ]
}
