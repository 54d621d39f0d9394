/** QEMU: its path, its command line, and the accelerator that works here. */
import { accessSync, constants, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { firstFd } from '../descriptors.ts'
import { onPath } from '../tools/programs.ts'
import { cacheDir, cached } from './cache.ts'
import { smallestInitramfs } from './initramfs.ts'
import type { Kernel } from './kernel.ts'
import { runProgram, startProgram } from './program.ts'

/** KVM on Linux, HVF on macOS, or TCG, QEMU's emulation. */
export type Accelerator = 'kvm' | 'hvf' | 'tcg'

/** A disk of the guest: /dev/vda, /dev/vdb and so on. */
export interface Drive {
  /** A file, or an address that QEMU accepts: `nbd+unix:///?socket=…`. */
  file: string
  /** Keep what the guest writes. Otherwise QEMU writes it to a temporary file. */
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
  /** Emulated processors take turns on one thread, instead of a thread each. */
  takesTurns: boolean
  memoryBytes: number
  processors: number
  drives: Drive[]
  shared: Shared[]
  /** Names of the guest's ports to us. */
  ports: string[]
  /** One more port, for the terminal /dev/hvc0. */
  console: boolean
}

/** Accelerators in the order in which they are tried. TCG works anywhere. */
function candidates(platform: NodeJS.Platform): Accelerator[] {
  const native: Partial<Record<NodeJS.Platform, Accelerator>> = { linux: 'kvm', darwin: 'hvf' }
  const first = native[platform]
  return first ? [first, 'tcg'] : ['tcg']
}

/** The path of QEMU. If there is none, throws with what to install. */
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
 * Features that an emulated processor does not offer. With ERMS or FSRM the kernel copies by
 * `rep movsb`, which TCG executes byte by byte; with LA57 page tables have five levels. CMPXCHG16B
 * in QEMU 7.2 (Debian 12) leaves wrong values in the flags register: Linux 6.12, whose allocator
 * uses it if it is offered, crashes at boot.
 */
const unwanted = ['erms', 'fsrm', 'la57', 'cx16']

function speed(accelerator: Accelerator, takesTurns: boolean): string[] {
  if (accelerator !== 'tcg') return ['-accel', accelerator, '-cpu', 'host']
  const cpu = ['max', ...unwanted.map((name) => `-${name}`)].join(',')
  return ['-accel', `tcg,thread=${takesTurns ? 'single' : 'multi'},tb-size=256`, '-cpu', cpu]
}

/**
 * Whether emulated processors must take turns. QEMU before 8.1 may execute an old translation of
 * code that another processor has changed (fixed by its commit deba78709ae8). Linux changes its own
 * code when a static key is switched, as for the first cpuset. Now and then it would then hit a
 * breakpoint that it has already removed, and panic.
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

/** The same, from the output of `--version`; true if the version cannot be read. */
export function takesTurnsIn(output: string): boolean {
  const [, major = 0, minor = 0] = /version (\d+)\.(\d+)/.exec(output) ?? []
  return Number(major) < 8 || (Number(major) === 8 && Number(minor) < 1)
}

/**
 * The kernel's command line (Documentation/admin-guide/kernel-parameters.txt). Emulated processors
 * share one clock, so their clocks need not be compared (`tsc`) and the delay loop need not be
 * measured on each (`lpj`). Tests of ciphers are skipped to save time.
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

/** In QEMU's options a comma is written twice. */
function escaped(path: string): string {
  return path.replaceAll(',', ',,')
}

/**
 * The fastest accelerator that works here. /dev/kvm may exist and still hang, so the kernel is
 * booted with it once, for at most ten seconds. The result is kept until the host reboots or the
 * kernel is another one. `STEPBOX_ACCELERATOR` decides without a trial.
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
    if (await works(accelerator, kernel, say)) return accelerator
  }
  return 'tcg'
}

function isUsable(device: string): boolean {
  try {
    accessSync(device, constants.R_OK | constants.W_OK)
    return true
  } catch {
    return false // ignoring: missing, or not for this user
  }
}

/** The kept result for this boot and kernel, or that of a trial now. */
async function works(
  accelerator: Accelerator,
  kernel: Kernel,
  say: (text: string) => void,
): Promise<boolean> {
  const path = join(cacheDir(), `accelerator-${accelerator}`)
  const boot = '/proc/sys/kernel/random/boot_id'
  const situation = `${existsSync(boot) ? readFileSync(boot, 'utf8').trim() : ''} ${kernel.release}`
  const [known, result] = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []
  if (known === situation) return result === 'works'
  say(`trying ${accelerator.toUpperCase()}, for at most ten seconds`)
  const isAlive = await boots(accelerator, kernel, { patienceMs: 10_000 })
  writeFileSync(path, `${situation}\n${isAlive ? 'works' : 'hangs or fails'}\n`)
  return isAlive
}

/** Whether `kernel` under `accelerator` starts its first process within `patienceMs`. */
export async function boots(
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
  let output = ''
  launched.process.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString('latin1')))
  const timer = setTimeout(() => launched.abandon(), patienceMs)
  await launched.outcome
  clearTimeout(timer)
  return output.includes('alive')
}
