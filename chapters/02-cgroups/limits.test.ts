/** Limits as they are typed; runs anywhere, without root. */
import { describe, expect, it } from 'vitest'
import {
  parseCpus,
  parseList,
  parseMemory,
  parseMemorySwap,
  parseNumber,
} from '../../runtime/02-cgroups/limits.ts'

describe('--memory takes what Docker takes', () => {
  it.each([
    ['6291456', 6291456],
    ['64m', 67108864],
    ['64M', 67108864],
    ['64mb', 67108864],
    ['64MiB', 67108864],
    ['64 m', 67108864],
    ['65536k', 67108864],
    ['1.5g', 1610612736],
    ['6291456b', 6291456],
    ['0', undefined],
  ])('%s', (text, bytes) => expect(parseMemory(text)).toBe(bytes))

  it.each(['', 'm', '64x', '-64m', '64mm', '64ib', '1,5g', '0x40m', '64m ', '1e3', '1.2.3m'])(
    "refuses '%s'",
    (text) =>
      expect(() => parseMemory(text)).toThrow(
        `invalid value '${text}' for --memory: a size, as 64m: a number and b, k, m or g`,
      ),
  )

  it('refuses what nothing could start with', () => {
    const message = "invalid value '5m' for --memory: at least 6m, or 0 for no limit"
    expect(() => parseMemory('5m')).toThrow(message)
  })

  it('refuses what cannot be counted', () => {
    const message = "invalid value '9000000t' for --memory: less than 8192t"
    expect(() => parseMemory('9000000t')).toThrow(message)
  })
})

describe('--memory-swap', () => {
  it('is memory and swap together, -1 for any amount of swap, 0 for twice the memory', () => {
    const parsed = ['128m', '-1', '0'].map(parseMemorySwap)
    expect(parsed).toEqual([134217728, -1, undefined])
    expect(() => parseMemorySwap('-2')).toThrow("invalid value '-2' for --memory-swap")
  })
})

describe('--cpus', () => {
  it.each([
    ['0.5', 0.5],
    ['.5', 0.5],
    ['2', 2],
    ['0.01', 0.01],
    ['0', undefined],
  ])('takes %s', (text, cpus) => expect(parseCpus(text)).toBe(cpus))

  it.each(['', '-1', '0.001', 'half', '1e1', '0,5', 'Infinity', '100000'])("refuses '%s'", (text) =>
    expect(() => parseCpus(text)).toThrow(
      `invalid value '${text}' for --cpus: a number of processors from 0.01, as 0.5`,
    ),
  )
})

describe('--cpuset-cpus', () => {
  it.each(['0', '0-1', '0-1,3', '3,0-1', '1,1'])('takes %s', (text) =>
    expect(parseList('cpuset-cpus', text)).toBe(text),
  )

  it.each(['a', '1-', '-1', '2-1', '0,,1', '0 1', '0-1-2', '99999'])("refuses '%s'", (text) =>
    expect(() => parseList('cpuset-cpus', text)).toThrow(
      `invalid value '${text}' for --cpuset-cpus: a list of processors, as 0-1,3`,
    ),
  )
})

describe('--cpu-shares and --pids-limit', () => {
  it('take whole numbers in the bounds of the kernel, and a word for no limit', () => {
    const shares = ['2', '1024', '262144', '0'].map((text) => parseNumber('cpu-shares', text))
    expect(shares).toEqual([2, 1024, 262144, undefined])
    const pids = ['1', '4194304', '0', '-1'].map((text) => parseNumber('pids-limit', text))
    expect(pids).toEqual([1, 4194304, undefined, undefined])
  })

  it.each(['', '1', '262145', '-5', '1.5', '10abc', '99999999999'])(
    "refuse '%s' as shares",
    (text) =>
      expect(() => parseNumber('cpu-shares', text)).toThrow(
        `invalid value '${text}' for --cpu-shares: 2 to 262144, or 0 for no limit`,
      ),
  )

  it.each(['', '-2', '4194305', '1e3', '10abc'])("refuse '%s' as a number of processes", (text) =>
    expect(() => parseNumber('pids-limit', text)).toThrow(
      `invalid value '${text}' for --pids-limit: 1 to 4194304, or 0 or -1 for no limit`,
    ),
  )
})
