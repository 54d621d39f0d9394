/** Limits that contradict each other, or that this machine does not have, said before anything. */
import type { Cgroups } from './hierarchies.ts'
import { invalid, type Limits } from './limits.ts'

/** Throws, with the facts that Docker names, if `limits` contradict each other. */
export function checkTogether(limits: Limits): void {
  const { memoryBytes = 0, memorySwapBytes = 0, memoryReservationBytes = 0 } = limits
  const { cpus, cpuQuotaUs, cpuPeriodUs, cpuRtRuntimeUs = 0, cpuRtPeriodUs = 0 } = limits
  if (memorySwapBytes > 0 && memoryBytes === 0)
    throw new Error('--memory-swap is memory and swap together: it needs --memory, too')
  if (memorySwapBytes > 0 && memorySwapBytes < memoryBytes)
    throw new Error('--memory-swap is memory and swap together: it is at least --memory')
  if (memoryBytes > 0 && memoryReservationBytes > memoryBytes)
    throw new Error('--memory-reservation is at most --memory')
  if (cpus !== undefined && cpuPeriodUs !== undefined)
    throw new Error('--cpus and --cpu-period conflict: --cpus sets both quota and period')
  if (cpus !== undefined && cpuQuotaUs !== undefined)
    throw new Error('--cpus and --cpu-quota conflict: --cpus sets both quota and period')
  if (cpuRtPeriodUs > 0 && cpuRtRuntimeUs > cpuRtPeriodUs)
    throw new Error('--cpu-rt-runtime is at most --cpu-rt-period')
}

/** Throws when `limits` ask for processors or memory nodes that groups here cannot have. */
export function checkAvailable(
  { cpus = 0, cpusetCpus = '', cpusetMems = '' }: Limits,
  { cpus: processors, mems: nodes }: Cgroups,
): void {
  if (processors !== undefined) {
    const { size } = numbersOf(processors)
    if (cpus > size)
      throw invalid('cpus', String(cpus), `0.01 to ${size}, as there are only ${size} here`)
    if (!isWithin(cpusetCpus, processors))
      throw invalid('cpuset-cpus', cpusetCpus, `processors that are here: ${processors}`)
  }
  if (nodes !== undefined && !isWithin(cpusetMems, nodes))
    throw invalid('cpuset-mems', cpusetMems, `memory nodes that are here: ${nodes}`)
}

function isWithin(list: string, available: string): boolean {
  const have = numbersOf(available)
  return [...numbersOf(list)].every((each) => have.has(each))
}

/** The numbers in a list as `0-1,3`. */
function numbersOf(list: string): Set<number> {
  const numbers = new Set<number>()
  for (const range of list.split(',').filter((each) => each !== '')) {
    const [first = 0, last = first] = range.split('-').map(Number)
    for (let number = first; number <= last; number++) numbers.add(number)
  }
  return numbers
}
