/** The write layer: an overlay mount, so that what a container writes leaves the image as it is. */
import { stepOf, type Step } from '../step.ts'

const step = stepOf(4)

declare module '../options.ts' {
  interface ContainerOptions {
    image?: ImageUse
    readOnly?: boolean
  }
  interface PlanOptions {
    /** Read-only layers, topmost first, named relative to `dir`. */
    layers: string[]
    /** The container's directory, with upper, work and merged in it. */
    dir: string
    readOnly: boolean
  }
}

/** The image that a container runs on. */
export interface ImageUse {
  /** Its name when the container was created; by now the name may belong to another image. */
  name: string
  /** Digest of the image's config, which is the image's id. */
  id: string
  /** Digest of the image's manifest. */
  manifest: string
  /** Bottom first. */
  diffIds: string[]
}

/**
 * Stack a writable directory on read-only `layers` (topmost first), all named relative to `dir`:
 *
 *     merged   what the container sees as /
 *     upper    what it wrote: changed files whole, deleted files as 0:0 device nodes
 *     work     the kernel's scratch space; empty, and on the same file system as upper
 *
 * A file is copied when it is first opened for writing, or when its owner, mode, times or name
 * change. Chapter 5 turns `upper` into a layer. `dir` is the working directory afterwards, so that
 * the next step can enter `merged`.
 *
 * The names are short and relative for three reasons. mount(2) accepts one page of options, too
 * little for 128 absolute paths. overlayfs would misread `,` `:` and `\` in the path of `dir`. And
 * the container can read the options in its /proc/self/mountinfo, where host paths do not belong.
 *
 * `redirect_dir`, `metacopy` and `index` are off, whatever the kernel was built with: `upper` is to
 * be a plain tree that can be read without overlayfs. In particular, a directory of the image
 * cannot be renamed by reference: rename(2) gives EXDEV, and mv(1) copies
 * (Documentation/filesystems/overlayfs.rst, "renaming directories").
 */
export function overlay(layers: string[], dir: string): Step[] {
  const plain = 'redirect_dir=off,metacopy=off,index=off'
  const data = `lowerdir=${layers.join(':')},upperdir=upper,workdir=work,${plain}`
  return [
    step(['chdir', dir], 'the layers are named from here; 128 long paths would not fit'),
    step(
      ['mount', 'overlay', 'merged', 'overlay', [], data],
      'the layers as one tree; what is written lands in upper',
    ),
  ]
}

/**
 * `--read-only`: / is read-only from here on; the write layer exists and stays empty. Other mounts,
 * such as /dev, stay as they are. Without it, nothing is to be done.
 */
export function readOnlyRoot(isReadOnly: boolean): Step[] {
  if (!isReadOnly) return []
  return [
    step(
      ['mount', null, '/', null, ['MS_REMOUNT', 'MS_BIND', 'MS_RDONLY'], null],
      'the container was asked to write nothing',
    ),
  ]
}
