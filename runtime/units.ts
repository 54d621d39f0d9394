/** Ages and sizes for people, in Docker's words. */

const minute = 60
const hour = 60 * minute
const day = 24 * hour

/** How long ago `then` (ISO 8601) was, as docker/go-units' HumanDuration says it. */
export function age(then: string, now: Date = new Date()): string {
  const seconds = Math.max(0, Math.floor((now.getTime() - Date.parse(then)) / 1000))
  if (seconds < 1) return 'Less than a second'
  if (seconds === 1) return '1 second'
  if (seconds < minute) return `${seconds} seconds`
  const minutes = Math.floor(seconds / minute)
  if (minutes === 1) return 'About a minute'
  if (minutes < 60) return `${minutes} minutes`
  const hours = Math.round(seconds / hour)
  if (hours === 1) return 'About an hour'
  if (hours < 48) return `${hours} hours`
  if (hours < 24 * 7 * 2) return `${Math.floor(seconds / day)} days`
  if (hours < 24 * 30 * 2) return `${Math.floor(seconds / day / 7)} weeks`
  if (hours < 24 * 365 * 2) return `${Math.floor(seconds / day / 30)} months`
  return `${Math.floor(seconds / day / 365)} years`
}

/** Bytes in powers of 1024, four digits, as Docker prints memory: 23.54GiB, 324KiB, 64MiB. */
export function binarySize(bytes: number, gap = ''): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = bytes < 1024 ? 0 : Math.min(4, Math.floor(Math.log2(bytes) / 10))
  return `${Number((bytes / 1024 ** power).toPrecision(4))}${gap}${units[power]}`
}

/** Bytes in powers of 1000, three digits: 2.1MB, 731kB, 12B. */
export function decimalSize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 ? value : Number(value.toPrecision(3))}${units[unit]}`
}

/** `2026-11-28 05:36:55 +0000 UTC`: a time as Go prints it, in the zone of this machine. */
export function localTime(then: string): string {
  const date = new Date(then)
  if (Number.isNaN(date.getTime())) return 'N/A'
  const offset = -date.getTimezoneOffset()
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0')
  const local = new Date(date.getTime() + offset * 60_000).toISOString()
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.abs(offset) / 60)}${two(Math.abs(offset) % 60)}`
  const name = new Intl.DateTimeFormat('en', { timeZoneName: 'short' }).formatToParts(date)
  const short = name.find(({ type }) => type === 'timeZoneName')?.value ?? ''
  return `${local.slice(0, 10)} ${local.slice(11, 19)} ${zone} ${short}`.trimEnd()
}
