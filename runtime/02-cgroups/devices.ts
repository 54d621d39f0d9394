/** Limits of single block devices: `PATH:RATE` as it is typed, and the device that it means. */
import { existsSync, statSync } from 'node:fs'
import { invalid, parseSize, type DeviceLimit } from './limits.ts'

export const deviceFlags = {
  'blkio-weight-device': 'blkioWeightDevice',
  'device-read-bps': 'deviceReadBps',
  'device-write-bps': 'deviceWriteBps',
  'device-read-iops': 'deviceReadIops',
  'device-write-iops': 'deviceWriteIops',
} as const

export type DeviceFlag = keyof typeof deviceFlags

const accepted: Record<DeviceFlag, string> = {
  'blkio-weight-device': 'PATH:WEIGHT, a device below /dev and 10 to 1000, as /dev/sda:500',
  'device-read-bps': 'PATH:RATE, a device below /dev and bytes a second, as /dev/sda:1mb',
  'device-write-bps': 'PATH:RATE, a device below /dev and bytes a second, as /dev/sda:1mb',
  'device-read-iops': 'PATH:RATE, a device below /dev and a whole number, as /dev/sda:100',
  'device-write-iops': 'PATH:RATE, a device below /dev and a whole number, as /dev/sda:100',
}

/** The limits that `flag` was given, one for each path: the last counts. Rate 0 is no limit. */
export function parseDevices(flag: DeviceFlag, texts: string[]): DeviceLimit[] {
  const byPath = new Map<string, DeviceLimit>()
  for (const text of texts) {
    const [, path, value = ''] = /^(\/dev\/[^:]+):([^:]+)$/.exec(text) ?? []
    const rate = path === undefined ? undefined : rateFrom(flag, value)
    if (path === undefined || rate === undefined) throw invalid(flag, text, accepted[flag])
    byPath.set(path, { path, rate })
  }
  return [...byPath.values()].filter(({ rate }) => rate > 0)
}

function rateFrom(flag: DeviceFlag, text: string): number | undefined {
  const rate = flag.endsWith('bps') ? parseSize(text) : /^\d{1,15}$/.test(text) ? Number(text) : NaN
  if (rate === undefined || !Number.isSafeInteger(rate)) return undefined
  const isWeight = flag === 'blkio-weight-device'
  return isWeight && rate !== 0 && (rate < 10 || rate > 1000) ? undefined : rate
}

/** Look up the numbers of the devices. Throws for what is no block device of this machine. */
export function lookUpDevices(flag: DeviceFlag, all: DeviceLimit[]): DeviceLimit[] {
  return all.map(({ path, rate }) => {
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
    if (!stat) throw new Error(`no device ${path}, which --${flag} names; lsblk lists those here`)
    if (!stat.isBlockDevice())
      throw new Error(`${path}, which --${flag} names, is no block device; lsblk lists those here`)
    const device = numbersOf(stat.rdev)
    if (existsSync(`/sys/dev/block/${device}/partition`))
      throw new Error(`${path}, which --${flag} names, is part of a disk; name the whole disk`)
    return { path, rate, device }
  })
}

/** Linux's encoding of st_rdev: 8 low bits of minor, 12 of major, 12 high bits of minor. */
function numbersOf(rdev: bigint): string {
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & 0xfff00n)
  return `${(rdev >> 8n) & 0xfffn}:${minor}`
}
