/** The control group: what it may use, what it has used, and whether the process is in it. */
import type { Scene } from '../../walk/scene.ts'
import type { WalkWords } from '../../walk/words.ts'
import { code, type Card, type View } from './card.ts'

export function groups(view: View): Card {
  const { now, words } = view
  const dirs = Object.keys(now.groups).filter((dir) => isMade(now, dir))
  const title = words.groups
  const none = `<p class="empty">${words.noGroup}</p>`
  return { name: 'groups', title, html: dirs.map((dir) => group(dir, view)).join('') || none }
}

/** A group is made once the kernel counts for it or a limit is set. */
function isMade({ groups, usage }: Scene, dir: string): boolean {
  return Object.keys(groups[dir] ?? {}).length > 0 || Object.keys(usage).length > 0
}

function group(dir: string, view: View): string {
  const { now, before, words } = view
  const name = dir.replace(/^.*\//, '')
  const isMember = (scene: Scene) => scene.membership.some((line) => line.endsWith(`/${name}`))
  const said = isMember(now) ? words.member : words.notMember
  const mark = isMember(now) === isMember(before) ? said : `<mark>${said}</mark>`
  return `<p>${code(name)} <small>${mark}</small></p>
${gauges(words).map((gauge) => drawn(gauge, dir, view)).join('')}`
}

interface Gauge {
  name: string
  /** The file with the limit, in version 2 and in version 1. */
  files: string[]
  used?: (scene: Scene) => number | undefined
  unit?: (count: number) => string
}

function gauges(words: WalkWords): Gauge[] {
  const files = (...names: string[]) => names
  return [
    {
      name: words.memory,
      files: files('memory.max', 'memory.limit_in_bytes'),
      used: ({ usage }) => usage.memoryBytes,
      unit: mebibytes,
    },
    {
      name: words.swap,
      files: files('memory.swap.max', 'memory.memsw.limit_in_bytes'),
      unit: mebibytes,
    },
    { name: words.pids, files: files('pids.max'), used: ({ usage }) => usage.pids },
    { name: words.cpu, files: files('cpu.max') },
  ]
}

const whole = 100

function drawn({ name, files, used, unit = String }: Gauge, dir: string, view: View): string {
  const { now, before, words } = view
  const limitIn = (scene: Scene) =>
    files.map((file) => scene.groups[dir]?.[file]).find((each) => each !== undefined)
  const limit = limitIn(now)
  const count = used?.(now)
  if (limit === undefined && count === undefined) return ''
  const share = Math.min(whole, (whole * (count ?? 0)) / (Number(limit) || Infinity))
  const fresh = limitIn(before) === limit ? '' : ' fresh'
  const text = limit === undefined ? words.noLimit : limitInWords(limit, unit)
  const is = count === undefined ? '' : `${unit(count)} / `
  return `<div class="gauge${fresh}"><span>${name}</span> <span>${is}${text}</span>
<svg viewBox="0 0 ${whole} 6" preserveAspectRatio="none" aria-hidden="true">
<rect class="all" width="${whole}" height="6"/>
<rect class="used" width="${share}" height="6"/></svg></div>`
}

/** A number, or a quota of a period as in cpu.max: `50000 100000` is 50 %. */
function limitInWords(limit: string, unit: (count: number) => string): string {
  const [quota = '', period] = limit.split(' ')
  return period ? `${(whole * Number(quota)) / Number(period)} %` : unit(Number(quota))
}

function mebibytes(bytes: number): string {
  const count = bytes / 2 ** 20
  return `${count < 10 && count > 0 ? count.toFixed(1) : Math.round(count)} MiB`
}
