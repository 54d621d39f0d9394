/** The page that `x-ray` prints: the host on the left, the container on the right. */
import chalk from 'chalk'
import { privilegeCount } from '../tools/doctor/privileges.ts'
import type { SeenLayer } from '../tools/x-ray/layers.ts'
import type { SeenMount, Side, XRay } from '../tools/x-ray/xray.ts'
import { age, decimalSize } from '../units.ts'
import { printable } from './print.ts'

const width = 80
const label = 16
const column = 26

/** All lines, none wider than 80 columns. */
export function pageOf(seen: XRay): string[] {
  return [
    title(seen),
    '',
    chalk.dim(row('', 'on the host', 'in the container')),
    ...sides(seen),
    ...seen.more.map(({ name, host, container }) =>
      row(cut(printable(name), label - 1), printable(host), printable(container)),
    ),
    ...heading('namespaces'),
    ...seen.namespaces.map(({ kind, host, container }) =>
      row(kind, host, host === container ? chalk.dim('the same') : container),
    ),
    ...heading('processes'),
    ...seen.processes.map(processLine),
    ...heading('mounts', String(seen.host.mounts), String(seen.container.mounts)),
    ...seen.mounts.map(mountLine),
    ...groupLines(seen),
    ...layerLines(seen.layers),
  ]
}

function title({ name, id, image, chapter, created }: XRay): string {
  const since = `up ${age(created).toLowerCase()}`
  const facts = [`chapter ${chapter}`, ...(image ? [image] : []), since]
  const rest = `  ${id.slice(0, 12)}  ${printable(facts.join(', '))}`
  return ` ${chalk.bold(printable(name))}${cut(rest, width - 1 - printable(name).length)}`
}

function sides({ host, container }: XRay): string[] {
  const facts: [string, (side: Side) => string][] = [
    ['process', ({ pid }) => String(pid)],
    ['hostname', ({ hostname }) => printable(hostname)],
    ['user', ({ user }) => user],
    ['capabilities', ({ capabilities }) => `${capabilities.length} of ${privilegeCount}`],
    ['root', ({ root }) => (root.subtree === '/' ? root.type : `${root.type} ${root.subtree}`)],
    ['directory', ({ cwd }) => printable(cwd)],
    ['interfaces', ({ interfaces }) => interfaces.join(' ')],
  ]
  const longest = Math.max(host.addresses.length, container.addresses.length)
  const addresses = Array.from({ length: longest }, (_, at) =>
    row(at === 0 ? 'addresses' : '', host.addresses[at] ?? '', container.addresses[at] ?? ''),
  )
  return [...facts.map(([name, of]) => row(name, of(host), of(container))), ...addresses]
}

function processLine({ host, inside, command, state, memoryBytes }: XRay['processes'][number]) {
  const words = `${inside}`.padEnd(7) + printable(command)
  const size = memoryBytes > 0 ? binarySize(memoryBytes) : ''
  return row(states[state] ?? state, `${host}`.padEnd(10) + size, words)
}

/** The letters of proc_pid_status(5). */
const states: Record<string, string> = {
  R: 'runs',
  S: 'sleeps',
  D: 'waits',
  T: 'stopped',
  t: 'traced',
  Z: 'dead',
  I: 'idle',
}

/** On the host's side, where the host has mounted the same file system. */
function mountLine({ target, type, subtree, options, onHost }: SeenMount): string {
  const isReadOnly = /^ro\b/.test(options)
  const what = `${printable(target)} ${chalk.dim(type)}${isReadOnly ? chalk.yellow(' ro') : ''}`
  const there = onHost[0] === undefined ? chalk.dim('not there') : printable(onHost[0])
  return row('', onHost[0] !== undefined && subtree !== '/' ? `${there} ${subtree}` : there, what)
}

function groupLines({ groups: { dirs, limits, usage } }: XRay): string[] {
  if (dirs.length === 0) return []
  const name = dirs[0]?.split('/').at(-1) ?? ''
  const of = (used: string, limit: string | undefined) => (limit ? `${used} of ${limit}` : used)
  const bytes = limits['memory.max'] ?? limits['memory.limit_in_bytes']
  const memory = usage.memoryBytes === undefined ? '-' : binarySize(usage.memoryBytes)
  const seconds = usage.cpuNs === undefined ? '-' : `${(usage.cpuNs / 1e9).toFixed(2)} s`
  const throttled = usage.throttledPeriods ? `, throttled ${usage.throttledPeriods} times` : ''
  const quota = processors(limits)
  const kills = usage.oomKills ? `, ${usage.oomKills} killed` : ''
  return [
    '',
    ` ${chalk.bold('control group'.padEnd(label))}${chalk.dim(cut(name, width - label - 1))}`,
    fact('memory', `${of(memory, bytes && binarySize(Number(bytes)))}${kills}`),
    fact('processor time', `${seconds}${quota ? `, at most ${quota} at a time` : ''}${throttled}`),
    ...(limits['cpuset.cpus'] ? [fact('processors', limits['cpuset.cpus'])] : []),
    fact('processes', of(String(usage.pids ?? '-'), limits['pids.max'])),
  ]
}

/** The limit in processors, `0.5`, from `QUOTA PERIOD` or QUOTA in microseconds (cgroups(7)). */
function processors(limits: Record<string, string>): string | undefined {
  const text = limits['cpu.max'] ?? limits['cpu.cfs_quota_us'] ?? ''
  const [quota, period = '100000'] = text.split(' ')
  return quota ? String(Number(quota) / Number(period)) : undefined
}

function layerLines(layers: SeenLayer[]): string[] {
  if (layers.length === 0) return []
  const lines = layers.map(({ kind, diffId, sizeBytes, containers, images }) => {
    const digits = diffId?.slice('sha256:'.length, 19) ?? ''
    const names = { write: 'write layer', init: 'container-init', image: digits }
    const size = sizeBytes === undefined ? '?' : decimalSize(sizeBytes)
    const users = [...containers, ...(images.length > 1 ? images : [])]
    const others = users.length > 0 ? `shared with ${users.join(', ')}` : 'not shared now'
    const shared = kind === 'image' ? others : 'private'
    return row(names[kind], size, cut(printable(shared), width - label - column - 2))
  })
  return [...heading('layers', '', 'topmost first'), ...lines]
}

function heading(name: string, left = '', right = ''): string[] {
  const rest = row('', left, right).slice(label + 1)
  return ['', ` ${chalk.bold(rest ? name.padEnd(label) : name)}${chalk.dim(rest)}`]
}

/** In powers of 1024, as `docker stats` prints sizes: `--memory 64m` is 64 MiB. */
function binarySize(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = bytes < 1024 ? 0 : Math.min(4, Math.floor(Math.log2(bytes) / 10))
  return `${Number((bytes / 1024 ** power).toPrecision(4))} ${units[power]}`
}

function fact(name: string, value: string): string {
  return ` ${name.padEnd(label)}${value}`
}

/** Three columns, aligned without regard to escape sequences. */
function row(name: string, left: string, right: string): string {
  const [leftShown, rightShown] = [cut(left, column - 2), cut(right, width - label - column - 1)]
  const gap = ' '.repeat(Math.max(1, column - plain(leftShown).length))
  return ` ${name.padEnd(label)}${leftShown}${gap}${rightShown}`.trimEnd()
}

function cut(text: string, length: number): string {
  if (plain(text).length <= length) return text
  return `${plain(text).slice(0, length - 1)}…`
}

function plain(text: string): string {
  return text.replace(/\x1b\[[0-9;]*m/g, '')
}
