/** Virtual machine. A machine as it was asked for: its parts found or made, then started. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Size } from '../terminal.ts'
import { blankDisk, diskWithImages, emptyDisk } from './disk.ts'
import { guestScript } from './guest.ts'
import { initramfsFor, project, projectInGuest } from './initramfs.ts'
import { kernelFor, type Kernel, type Say } from './kernel.ts'
import { startMachine, type Machine } from './machine.ts'
import { acceleratorFor, qemuPath, type Accelerator, type Drive } from './qemu.ts'
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
  memoryBytes: number
  processors: number
  diskBytes: number
}

export interface Vm extends Machine {
  parts: Parts
}

/** Start a machine; `say` is told what takes long. Rejects when a part of it cannot be had here. */
export async function startVm(options: VmOptions, say: Say): Promise<Vm> {
  const parts = await prepare(options, say)
  const { without = [], swapBytes, imagesOf, argv = [], env, cwd, terminal } = options
  const temporary = mkdtempSync(join(tmpdir(), 'stepbox-vm-'))
  const checkout = { source: project, target: projectInGuest, readOnly: false }
  const { served, end } = await serve([
    ...(options.hasCheckout ? [checkout] : []),
    ...(options.shares ?? []),
  ])
  const removeAll = () => {
    end()
    rmSync(temporary, { recursive: true, force: true })
  }
  try {
    const disk = join(temporary, 'disk')
    if (imagesOf !== undefined) await diskWithImages(disk, parts.diskBytes, imagesOf)
    const first = imagesOf === undefined ? await emptyDisk(parts.diskBytes) : disk
    const swap = swapBytes === undefined ? undefined : await blankDisk(swapBytes)
    const files = [first, swap].filter((each) => each !== undefined)
    const machine = startMachine({
      ...parts,
      drives: [...files.map((file): Drive => ({ file })), ...(options.drives ?? [])],
      shared: served,
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
    void machine.ended.then(removeAll)
    return { ...machine, parts }
  } catch (error) {
    removeAll()
    throw error
  }
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
    memoryBytes: options.memoryBytes ?? 2 ** 30,
    processors: options.processors ?? 2,
    diskBytes: options.diskBytes ?? 2 ** 31,
  }
}
