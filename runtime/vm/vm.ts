/** Virtual machine. A machine as it was asked for: its parts found or made, then started. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { clearStaging, makeStaging } from '../staging.ts'
import type { Size } from '../03-pivot-root/terminal.ts'
import { cacheDir } from './cache.ts'
import { blankDisk, diskWithImages, emptyDisk } from './disk.ts'
import { guestScript } from './guest.ts'
import { initramfsFor, project, projectInGuest } from './initramfs.ts'
import { kernelFor, type Kernel, type Say } from './kernel.ts'
import { startMachine, type VirtualMachine } from './machine.ts'
import { acceleratorFor, mustTakeTurns, qemuPath, type Accelerator, type Drive } from './qemu.ts'
import { serve, type Share } from './share.ts'

/** A machine as people ask for it. Everything has an ordinary value. */
export interface VmOptions {
  /** `stable`, `backports`, or the file of a Debian package. */
  kernel?: string
  memoryBytes?: number
  processors?: number
  diskBytes?: number
  swapBytes?: number
  shares?: Share[]
  /** Share the checkout itself, instead of taking a copy along. */
  hasCheckout?: boolean
  /** The data root whose images it begins with. */
  imagesOf?: string
  /** `overlay`, `user-namespaces`, or the name of a kernel module. */
  without?: string[]
  /** Disks of its own after the others. */
  drives?: Drive[]
  /** What runs in it; a shell without. */
  argv?: string[]
  env?: Record<string, string>
  cwd?: string
  terminal?: Size
}

/** What a machine is made of, in words and numbers. */
export interface Parts {
  kernel: Kernel
  initramfs: string
  accelerator: Accelerator
  takesTurns: boolean
  memoryBytes: number
  processors: number
  diskBytes: number
}

export interface Vm extends VirtualMachine {
  parts: Parts
}

/** Start a machine; `say` is told what takes long. Rejects when a part of it cannot be had here. */
export async function startVm(options: VmOptions, say: Say): Promise<Vm> {
  const parts = await prepare(options, say)
  const { without = [], swapBytes, imagesOf, argv = [], env, cwd, terminal } = options
  const staging = stagingIn(cacheDir())
  const checkout = { source: project, target: projectInGuest, readOnly: false }
  const shares = [...(options.hasCheckout ? [checkout] : []), ...(options.shares ?? [])]
  const { served, stop } = await serve(shares, staging)
  const remove = () => rmSync(staging, { recursive: true, force: true })
  try {
    const disk = join(staging, 'disk')
    if (imagesOf !== undefined) await diskWithImages(disk, parts.diskBytes, imagesOf)
    const first = imagesOf === undefined ? await emptyDisk(parts.diskBytes) : disk
    const swap = swapBytes === undefined ? undefined : await blankDisk(swapBytes)
    const files = [first, swap].filter((each) => each !== undefined)
    const machine = startMachine({
      ...parts,
      drives: [...files.map((file): Drive => ({ file })), ...(options.drives ?? [])],
      shared: served,
      dir: staging,
      script: guestScript({
        argv,
        ...(env ? { env } : {}),
        ...(cwd === undefined ? {} : { cwd }),
        terminal,
        mounts: served,
        swap: swap === undefined ? undefined : `/dev/vd${'abc'[files.indexOf(swap)]}`,
        hasNoUserNamespaces: without.includes('user-namespaces'),
      }),
      ...(terminal ? { terminal } : {}),
    })
    void machine.ready.then(remove, remove) // QEMU has them open
    return { ...machine, parts }
  } catch (error) {
    stop()
    remove()
    throw error
  }
}

/** A directory that goes away; those of processes that were killed go now. */
function stagingIn(dir: string): string {
  const staging = makeStaging(dir)
  clearStaging(dir)
  return staging
}

/** Everything that a machine needs and that is kept for the next one. */
export async function prepare(options: VmOptions, say: Say): Promise<Parts> {
  const { without = [] } = options
  qemuPath()
  const kernel = await kernelFor(options.kernel ?? 'stable', say)
  const modules = without.filter((each) => each !== 'user-namespaces')
  for (const name of modules)
    if (!kernel.modules.some((each) => each.name === name))
      throw new Error(`cannot do without '${name}': user-namespaces, overlay, or another module`)
  return {
    kernel,
    initramfs: await initramfsFor(kernel, modules, say),
    accelerator: await acceleratorFor(kernel, say),
    takesTurns: await mustTakeTurns(),
    memoryBytes: options.memoryBytes ?? 2 ** 30,
    processors: options.processors ?? 2,
    diskBytes: options.diskBytes ?? 2 ** 31,
  }
}
