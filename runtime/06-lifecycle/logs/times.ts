/** Times as Docker's `--since` and `--until` take them, as those of records: see `LogRecord`. */

const second = 1_000_000_000n

/**
 * The time that `text` means: a date, or seconds since 1970, or a duration before `now`
 * (milliseconds since 1970). Undefined for no bound, which is '' or 0. A time without a zone is of
 * the zone that this machine has now. Throws if it is malformed; `flag` is who asks.
 */
export function timeIn(flag: string, text: string, now = Date.now()): string | undefined {
  if (text === '' || text === '0') return undefined
  const ago = durationIn(text)
  const time = ago === undefined ? (secondsIn(text) ?? dateIn(text, now)) : nanoseconds(now) - ago
  if (time !== undefined) return asText(time)
  throw new Error(
    `invalid value '${text}' for --${flag}: 2013-01-02T13:23:37Z, seconds since 1970, or 1h30m ago`,
  )
}

function nanoseconds(milliseconds: number): bigint {
  return BigInt(Math.round(milliseconds)) * 1_000_000n
}

const units: Record<string, bigint> = {
  ...{ ns: 1n, us: 1000n, µs: 1000n, μs: 1000n, ms: 1_000_000n },
  ...{ s: second, m: 60n * second, h: 3600n * second },
}

/** `1h30m2.5s`, as Go writes durations, in nanoseconds. */
function durationIn(text: string): bigint | undefined {
  const part = /(\d*)(?:\.(\d*))?(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/y
  const [, sign = '', rest = ''] = /^([-+]?)(.+)$/.exec(text) ?? []
  let total = 0n
  while (part.lastIndex < rest.length) {
    const [, whole = '', fraction = '', unit = ''] = part.exec(rest) ?? []
    const one = units[unit]
    if (one === undefined || whole + fraction === '') return undefined
    total += BigInt(whole || 0) * one + (fractionIn(fraction) * one) / second
  }
  if (rest === '') return undefined
  return sign === '-' ? -total : total
}

/** `1764375600.5`, in nanoseconds. */
function secondsIn(text: string): bigint | undefined {
  const [, whole, fraction = ''] = /^(\d{1,18})(?:\.(\d+))?$/.exec(text) ?? []
  return whole === undefined ? undefined : BigInt(whole) * second + fractionIn(fraction)
}

/** Nanoseconds, from the digits after a point. */
function fractionIn(digits: string): bigint {
  return BigInt(digits.slice(0, 9).padEnd(9, '0'))
}

const date = new RegExp(
  '^(\\d{4})-(\\d\\d)-(\\d\\d)(?:T(\\d\\d)(?::(\\d\\d)(?::(\\d\\d)(?:[.,](\\d+))?)?)?)?' +
    '(?:(Z)|([+-])(\\d\\d):(\\d\\d))?$',
)

/** RFC 3339, which may end after any of its parts, and may have no zone; in nanoseconds. */
function dateIn(text: string, now: number): bigint | undefined {
  const found = date.exec(text)
  if (!found) return undefined
  const [, year, month, day, hours, minutes, seconds, fraction = '', z, sign, ...zone] = found
  const given = [year, month, day, hours ?? '00', minutes ?? '00', seconds ?? '00']
  const [y, mo, d, h, mi, s] = given.map(Number) as [number, number, number, number, number, number]
  const utc = new Date(0)
  utc.setUTCFullYear(y, mo - 1, d)
  utc.setUTCHours(h, mi, s)
  const shape = utc.toISOString().match(/\d+/g)?.slice(0, 6)
  if (shape?.join() !== given.join()) return undefined // there is no such day, or no such hour
  const [zoneHours = 0, zoneMinutes = 0] = zone.map(Number)
  if (zoneHours > 23 || zoneMinutes > 59) return undefined
  const ahead = zoneHours * 60 + zoneMinutes
  const local = -new Date(now).getTimezoneOffset()
  const offset = z ? 0 : sign === undefined ? local : sign === '-' ? -ahead : ahead
  return nanoseconds(utc.getTime() - offset * 60_000) + fractionIn(fraction)
}

/** The years that have four digits. */
const [first, last] = [-62_167_219_200n * second, 253_402_300_800n * second - 1n]

function asText(time: bigint): string {
  const kept = time < first ? first : time > last ? last : time
  const within = ((kept % second) + second) % second
  const whole = new Date(Number((kept - within) / 1_000_000n)).toISOString()
  return `${whole.slice(0, 19)}.${String(within).padStart(9, '0')}Z`
}

/** Now, as a record would have it. */
export function recordTimeNow(): string {
  return asText(nanoseconds(Date.now()))
}
