/** Virtual machine. QEMU: where it is, what can speed it up here, and its command line. */
import { accessSync, constants, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { firstFd } from '../descriptors.ts'
import { onPath } from '../tools/programs.ts'
import { cacheDir, cached } from './cache.ts'
import type { Kernel } from './kernel.ts'
import { smallestInitramfs } from './initramfs.ts'
import { runProgram, startProgram } from './program.ts'

export type Accelerator = 'kvm' | 'hvf' | 'tcg'

/** A disk of the guest: /dev/vda, /dev/vdb … in their order. */
export interface Drive {
  /** A file, or what QEMU takes in its place: `nbd+unix:///?socket=…`. */
  file: string
  /** Keep what the guest writes; otherwise it goes to a file without a name, and is lost. */
  isKept?: boolean
}

/** A folder of the host, served to the guest on a socket by virtiofsd. */
export interface Shared {
  tag: string
  socket: string
}

export interface Hardware {
  kernel: Pick<Kernel, 'image'>
  initramfs: string
  accelerator: Accelerator
  /** Emulated processors take turns, instead of having a thread each. */
  takesTurns: boolean
  memoryBytes: number
  processors: number
  drives: Drive[]
  shared: Shared[]
  /** Names under which the guest finds its ports to us. */
  ports: string[]
  /** A terminal, /dev/hvc0, as one more. */
  console: boolean
}

/** In the order in which they are tried. TCG, QEMU's own translation, works anywhere. */
function candidates(platform: NodeJS.Platform): Accelerator[] {
  const native: Partial<Record<NodeJS.Platform, Accelerator>> = { linux: 'kvm', darwin: 'hvf' }
  const first = native[platform]
  return first ? [first, 'tcg'] : ['tcg']
}

/** The path of QEMU. Throws with what to install when there is none. */
export function qemuPath(): string {
  const path = onPath('qemu-system-x86_64')
  if (path) return path
  throw new Error(
    [
      'no qemu-system-x86_64 here to run a machine with',
      '  Debian, Ubuntu   apt-get install --no-install-recommends qemu-system-x86',
      '  Fedora           dnf install qemu-system-x86-core',
      '  Arch             pacman -S qemu-system-x86',
    ].join('\n'),
  )
}

/**
 * QEMU's arguments (qemu(1)), without its own path. It inherits connected sockets: the first for
 * the serial line, where the kernel complains, then one for each port, then one for the console.
 */
export function qemuArguments(hardware: Hardware): string[] {
  const { kernel, initramfs, accelerator, memoryBytes, processors, drives, shared } = hardware
  const { ports, console, takesTurns } = hardware
  const memory = `${memoryBytes / 2 ** 20}M`
  return [
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    ...speed(accelerator, takesTurns),
    ...['-smp', String(processors), '-m', memory],
    ...['-kernel', kernel.image, '-initrd', initramfs, '-append', kernelArguments(accelerator)],
    ...['-chardev', `socket,id=serial,fd=${firstFd}`, '-serial', 'chardev:serial'],
    ...['-device', 'virtio-rng-pci', '-device', 'virtio-serial-pci'],
    ...ports.flatMap((name, at) => [
      ...['-chardev', `socket,id=${name},fd=${firstFd + 1 + at}`],
      ...['-device', `virtserialport,chardev=${name},name=${name}`],
    ]),
    ...(console ? ['-chardev', `socket,id=console,fd=${firstFd + 1 + ports.length}`] : []),
    ...(console ? ['-device', 'virtconsole,chardev=console'] : []),
    ...drives.flatMap(drive),
    ...(shared.length === 0
      ? []
      : ['-object', `memory-backend-memfd,id=memory,size=${memory},share=on`]),
    ...(shared.length === 0 ? [] : ['-numa', 'node,memdev=memory']),
    ...shared.flatMap(({ tag, socket: path }) => [
      ...['-chardev', `socket,id=${tag},path=${escaped(path)}`],
      ...['-device', `vhost-user-fs-pci,chardev=${tag},tag=${tag}`],
    ]),
  ]
}

/**
 * What an emulated processor had better not offer. A copy by `rep movsb`, which ERMS and FSRM
 * recommend, is a loop of single bytes there, LA57 makes the page tables five levels deep. And
 * CMPXCHG16B in QEMU 7.2 (Debian 12) leaves rubbish in the flags register: Linux 6.12, whose
 * allocator uses it where it is there, dies of that while it boots.
 */
const unwanted = ['erms', 'fsrm', 'la57', 'cx16']

function speed(accelerator: Accelerator, takesTurns: boolean): string[] {
  if (accelerator !== 'tcg') return ['-accel', accelerator, '-cpu', 'host']
  const cpu = ['max', ...unwanted.map((name) => `-${name}`)].join(',')
  return ['-accel', `tcg,thread=${takesTurns ? 'single' : 'multi'},tb-size=256`, '-cpu', cpu]
}

/**
 * Whether emulated processors must not run side by side. QEMU before 8.1 may go on with its
 * translation of code that another processor has changed meanwhile (its commit deba78709ae8). Linux
 * changes its own code whenever a static key is switched, as with the first cpuset: now and then it
 * would die of a breakpoint that it has long taken back.
 */
export async function mustTakeTurns(): Promise<boolean> {
  const path = qemuPath()
  const { size, mtimeMs } = statSync(path)
  const kept = await cached('qemu', `version-${size}-${Math.round(mtimeMs)}`, async (file) => {
    const { out } = await runProgram([path, '--version'])
    writeFileSync(file, out)
  })
  return takesTurnsIn(readFileSync(kept, 'utf8'))
}

/** The same, from what `--version` prints; of what cannot be read the worst is expected. */
export function takesTurnsIn(said: string): boolean {
  const [, major = 0, minor = 0] = /version (\d+)\.(\d+)/.exec(said) ?? []
  return Number(major) < 8 || (Number(major) === 8 && Number(minor) < 1)
}

/**
 * What the kernel is told. Emulated, its processors have one clock: they need not be compared, and
 * how long a delay is (`lpj`) need not be measured on each; its ciphers need no test either.
 */
function kernelArguments(accelerator: Accelerator): string {
  const all = 'console=ttyS0 quiet panic=-1 no_timer_check random.trust_cpu=on mitigations=off'
  return accelerator === 'tcg' ? `${all} tsc=reliable lpj=8000000 cryptomgr.notests` : all
}

function drive({ file, isKept = false }: Drive, at: number): string[] {
  const options = `if=none,id=disk${at},format=raw,file=${escaped(file)},cache=writeback`
  return [
    ...['-drive', `${options},snapshot=${isKept ? 'off' : 'on'}`],
    ...['-device', `virtio-blk-pci,drive=disk${at}`],
  ]
}

/** A comma ends an option, two are one comma. */
function escaped(path: string): string {
  return path.replaceAll(',', ',,')
}

/**
 * The fastest accelerator that works here. A device that is there may still hang, so the kernel is
 * booted with it once, for ten seconds at most; what came of it is remembered until the machine or
 * the kernel is another. `STEPBOX_ACCELERATOR` decides without trying.
 */
export async function acceleratorFor(
  kernel: Kernel,
  say: (text: string) => void,
): Promise<Accelerator> {
  const given = process.env.STEPBOX_ACCELERATOR
  if (given === 'kvm' || given === 'hvf' || given === 'tcg') return given
  for (const accelerator of candidates(process.platform)) {
    if (accelerator === 'tcg') return 'tcg'
    if (accelerator === 'kvm' && !isUsable('/dev/kvm')) continue
    if (await hasWorked(accelerator, kernel, say)) return accelerator
  }
  return 'tcg'
}

function isUsable(device: string): boolean {
  try {
    accessSync(device, constants.R_OK | constants.W_OK)
    return true
  } catch {
    return false
  }
}

async function hasWorked(
  accelerator: Accelerator,
  kernel: Kernel,
  say: (text: string) => void,
): Promise<boolean> {
  const path = join(cacheDir(), `accelerator-${accelerator}`)
  const boot = '/proc/sys/kernel/random/boot_id'
  const here = `${existsSync(boot) ? readFileSync(boot, 'utf8').trim() : ''} ${kernel.release}`
  const [known, result] = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []
  if (known === here) return result === 'works'
  say(`trying ${accelerator.toUpperCase()}, ten seconds at most`)
  const works = await comesToLife(accelerator, kernel, { patienceMs: 10_000 })
  writeFileSync(path, `${here}\n${works ? 'works' : 'hangs or fails'}\n`)
  return works
}

/** Whether a kernel under `accelerator` reaches its first process in time. */
export async function comesToLife(
  accelerator: Accelerator,
  kernel: Kernel,
  { patienceMs }: { patienceMs: number },
): Promise<boolean> {
  const append = 'console=ttyS0 quiet panic=-1'
  const argv = [
    qemuPath(),
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-m', '256M'],
    ...[...speed(accelerator, true), '-kernel', kernel.image, '-initrd', await smallestInitramfs()],
    ...['-append', append, '-serial', 'stdio'],
  ]
  const launched = startProgram(argv, { stdio: ['ignore', 'pipe', 'ignore'] })
  let said = ''
  launched.process.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString('latin1')))
  const timer = setTimeout(() => launched.abandon(), patienceMs)
  await launched.outcome
  clearTimeout(timer)
  return said.includes('alive')
}
