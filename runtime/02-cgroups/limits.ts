/** Parsers for limits, with Docker's bounds. */

/** The least memory that Docker accepts; a shell needs about as much to start. */
const leastMemory = 6 * 1024 * 1024

/**
 * Bytes from `67108864`, `64m`, `1.5g`, `64MB` or `64MiB`, all in powers of 1024; undefined, no
 * limit, from 0. Every parser here throws an Error whose one line says what is accepted.
 */
export function parseMemory(text: string): number | undefined {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?) ?(|b|[kmgtp](?:i?b)?)$/i.exec(text) ?? []
  if (digits === undefined)
    throw invalid('memory', text, 'a size, as 64m: a number and b, k, m or g')
  const power = ' kmgtp'.indexOf(unit.charAt(0).toLowerCase())
  const bytes = Math.floor(Number(digits) * 1024 ** Math.max(power, 0))
  if (bytes === 0) return undefined
  if (bytes < leastMemory) throw invalid('memory', text, 'at least 6m, or 0 for no limit')
  if (!Number.isSafeInteger(bytes)) throw invalid('memory', text, 'less than 8192t')
  return bytes
}

/** Processors from `0.5` or `2`; undefined from 0. The least quota is 1 ms in 100 ms. */
export function parseCpus(text: string): number | undefined {
  const cpus = /^(\d+(\.\d*)?|\.\d+)$/.test(text) ? Number(text) : NaN
  if (cpus === 0) return undefined
  if (!(cpus >= 0.01 && cpus <= 8192))
    throw invalid('cpus', text, 'a number of processors from 0.01, as 0.5')
  return cpus
}

/** A weight within the kernel's bounds; undefined from 0. */
export function parseCpuShares(text: string): number | undefined {
  return integer('cpu-shares', text, { least: 2, most: 262_144, unlimited: ['0'] })
}

/** At most one more than the largest pid of 64-bit Linux (proc_sys_kernel(5)). */
export function parsePidsLimit(text: string): number | undefined {
  return integer('pids-limit', text, { least: 1, most: 4_194_304, unlimited: ['0', '-1'] })
}

/** A list as `0-1,3`, as it was typed; undefined when it is empty. */
export function parseCpusetCpus(text: string): string | undefined {
  if (text === '') return undefined
  const ranges = text.split(',').map((each) => /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(each))
  const isList = ranges.every((range) => range && Number(range[1]) <= Number(range[2] ?? range[1]))
  if (!isList) throw invalid('cpuset-cpus', text, 'a list of processors, as 0-1,3')
  return text
}

/** Throws when `limits` ask for more processors than `available`, a list as `0-3`, has. */
export function checkProcessors(
  { cpus = 0, cpusetCpus = '' }: { cpus?: number; cpusetCpus?: string },
  available: string,
): void {
  const have = numbersOf(available)
  if (cpus > have.size)
    throw invalid('cpus', String(cpus), `0.01 to ${have.size}, as there are only ${have.size} here`)
  if ([...numbersOf(cpusetCpus)].some((each) => !have.has(each)))
    throw invalid('cpuset-cpus', cpusetCpus, `processors that are here: ${available}`)
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

/** Which numbers a flag takes, and which words stand for no limit. */
interface Range {
  least: number
  most: number
  unlimited: string[]
}

function integer(
  flag: string,
  text: string,
  { least, most, unlimited }: Range,
): number | undefined {
  if (unlimited.includes(text)) return undefined
  const number = /^\d{1,9}$/.test(text) ? Number(text) : NaN
  if (!(number >= least && number <= most))
    throw invalid(flag, text, `${least} to ${most}, or ${unlimited.join(' or ')} for no limit`)
  return number
}

function invalid(flag: string, text: string, accepted: string): Error {
  return new Error(`invalid value '${text}' for --${flag}: ${accepted}`)
}
