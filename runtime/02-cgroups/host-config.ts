/** The limits of a container under the names that `docker inspect` has for them. */
import type { Container } from '../options.ts'
import type { DeviceLimit } from './limits.ts'

/** Docker's zero stands for no limit. */
export function hostConfig({ limits = {}, cgroupParent, cgroupns, oomScoreAdj }: Container) {
  const { memorySwappiness, pidsMax, cpus = 0, blkioWeightDevice = [] } = limits
  return {
    CgroupnsMode: cgroupns ?? 'private',
    CgroupParent: cgroupParent ?? '',
    OomScoreAdj: oomScoreAdj ?? 0,
    Memory: limits.memoryBytes ?? 0,
    MemorySwap: limits.memorySwapBytes ?? 0,
    MemoryReservation: limits.memoryReservationBytes ?? 0,
    MemorySwappiness: memorySwappiness ?? null,
    OomKillDisable: limits.oomKillDisable ?? false,
    NanoCpus: Math.round(cpus * 1e9),
    CpuPeriod: limits.cpuPeriodUs ?? 0,
    CpuQuota: limits.cpuQuotaUs ?? 0,
    CpuShares: limits.cpuShares ?? 0,
    CpuRealtimePeriod: limits.cpuRtPeriodUs ?? 0,
    CpuRealtimeRuntime: limits.cpuRtRuntimeUs ?? 0,
    CpusetCpus: limits.cpusetCpus ?? '',
    CpusetMems: limits.cpusetMems ?? '',
    PidsLimit: pidsMax ?? null,
    BlkioWeight: limits.blkioWeight ?? 0,
    BlkioWeightDevice: blkioWeightDevice.map(({ path, rate }) => ({ Path: path, Weight: rate })),
    BlkioDeviceReadBps: rates(limits.deviceReadBps),
    BlkioDeviceWriteBps: rates(limits.deviceWriteBps),
    BlkioDeviceReadIOps: rates(limits.deviceReadIops),
    BlkioDeviceWriteIOps: rates(limits.deviceWriteIops),
  }
}

function rates(all: DeviceLimit[] = []) {
  return all.map(({ path, rate }) => ({ Path: path, Rate: rate }))
}
