/** Chapter 4. A write layer: the container writes, the image does not change. */
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

/** Which image a container stands on: by name when it was started, and exactly. */
export interface ImageUse {
  name: string
  /** Digest of the image's configuration, which is the image's id. */
  id: string
  /** Digest of its manifest. */
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
 * Nothing is copied until a file is first written. Chapter 5 turns `upper` into a layer.
 *
 * The names are short and relative on purpose: mount(2) takes one page of options, which 128
 * absolute paths would not fit in; `,` `:` and `\` in the path of `dir` cannot be misread; and the
 * container's own mount table tells nothing about the host. The last three options keep `upper` a
 * plain tree that can be read without overlayfs: a renamed directory is copied, not referred to.
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

/** `--read-only`: the write layer is there, but nothing gets into it. */
export function readOnlyRoot(isReadOnly: boolean): Step[] {
  if (!isReadOnly) return []
  return [
    step(
      ['mount', null, '/', null, ['MS_REMOUNT', 'MS_BIND', 'MS_RDONLY'], null],
      'the container was asked to write nothing',
    ),
  ]
}
