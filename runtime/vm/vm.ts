/** Starts a virtual machine from options: finds or makes its parts, then runs it. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Size } from '../03-pivot-root/terminal.ts'
import { makeStaging } from '../staging.ts'
import { clearStaging } from '../trash.ts'
import { cacheDir } from './cache.ts'
import { blankDisk, diskWithImages, emptyDisk } from './disk.ts'
import { guestScript } from './guest.ts'
import { initramfsFor, project, projectInGuest } from './initramfs.ts'
import { kernelFor, type Kernel, type Say } from './kernel.ts'
import { startMachine, type VirtualMachine } from './machine.ts'
import { acceleratorFor, mustTakeTurns, qemuPath, type Accelerator, type Drive } from './qemu.ts'
import { serve, type Share } from './share.ts'

/** Options of a machine; each has a default. */
export interface VmOptions {
  /** `stable`, `backports`, or the file of a Debian package. */
  kernel?: string
  memoryBytes?: number
  processors?: number
  diskBytes?: number
  swapBytes?: number
  shares?: Share[]
  /** Share the project's directory with the guest; by default it gets a copy. */
  hasCheckout?: boolean
  /** The data root whose images are copied to the guest's disk. */
  imagesOf?: string
  /** `overlay`, `user-namespaces`, or the name of a kernel module. */
  without?: string[]
  /** Further disks, after the first and swap. */
  drives?: Drive[]
  /** The command; by default a shell. */
  argv?: string[]
  env?: Record<string, string>
  cwd?: string
  terminal?: Size
}

/** The parts of a machine. */
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

/** Start a machine. Rejects if one of its parts cannot be had here. */
export async function startVm(options: VmOptions, say: Say): Promise<Vm> {
  const parts = await prepareParts(options, say)
  const { without = [], swapBytes, imagesOf, argv = [], env, cwd, terminal } = options
  const staging = await stagingIn(cacheDir())
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
    const failed = () => {
      stop() // QEMU may have ended before it connected to a virtiofsd
      remove()
    }
    void machine.ready.then(remove, failed) // QEMU has the files open
    return { ...machine, parts }
  } catch (error) {
    stop()
    remove()
    throw error
  }
}

/** A temporary directory; also removes those of killed processes. */
async function stagingIn(dir: string): Promise<string> {
  const staging = makeStaging(dir)
  await clearStaging(dir)
  return staging
}

/** Find or make the parts that are cached: kernel, initramfs, accelerator. */
export async function prepareParts(options: VmOptions, say: Say): Promise<Parts> {
  const { without = [] } = options
  qemuPath()
  const kernel = await kernelFor(options.kernel ?? 'stable', say)
  const modules = without.filter((each) => each !== 'user-namespaces')
  for (const name of modules)
    if (!kernel.modules.some((each) => each.name === name))
      throw new Error(`cannot leave out '${name}': user-namespaces, overlay, or another module`)
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
