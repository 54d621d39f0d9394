/** The page that `x-ray` prints: the host on the left, the container on the right. */
import chalk from 'chalk'
import { columnsOf, cut, padded } from '../columns.ts'
import { printableIn } from '../printable.ts'
import { privilegeCount } from '../tools/doctor/privileges.ts'
import type { SeenLayer } from '../tools/x-ray/layers.ts'
import type { SeenMount, Side, XRay } from '../tools/x-ray/xray.ts'
import { age, binarySize, decimalSize } from '../units.ts'
import { say, tell } from './voice.ts'

const width = 80
const label = 16
const column = 26

/** All lines, none wider than 80 columns. What moves comes first in a page that is watched. */
export function pageOf(found: XRay, isWatched = false): string[] {
  const seen = printableIn(found)
  const processes = [
    ...heading('processes', 'pid, memory', 'pid, command'),
    ...seen.processes.map(processLine),
  ]
  const groups = groupLines(seen)
  const facts = [
    '',
    chalk.dim(row('', say('on the host'), say('in the container'))),
    ...sides(seen),
    ...addedRows(seen.more.filter(({ part }) => part === undefined)),
    ...heading('namespaces'),
    ...seen.namespaces.map(({ kind, host, container }) =>
      row(kind, host, host === container ? chalk.dim(say('the same')) : container),
    ),
  ]
  const mounts = [
    ...heading('mounts', String(seen.host.mounts), String(seen.container.mounts)),
    ...seen.mounts.map(mountLine),
  ]
  const added = [...new Set(seen.more.flatMap(({ part }) => part ?? []))].flatMap((part) => [
    ...heading(part),
    ...addedRows(seen.more.filter((each) => each.part === part)),
  ])
  const parts = isWatched
    ? [groups, processes, added, facts, mounts]
    : [facts, added, processes, mounts, groups]
  return [title(seen), ...parts.flat(), ...layerLines(seen.layers)]
}

function title({ name: whole, id, image, chapter, created }: XRay): string {
  const name = cut(whole, width / 2)
  const since = say(`up ${age(created).toLowerCase()}`)
  const facts = [say(`chapter ${chapter}`), ...(image ? [image] : []), since]
  const rest = `  ${id.slice(0, 12)}  ${facts.join(', ')}`
  return ` ${chalk.bold(name)}${cut(rest, width - 1 - columnsOf(name))}`
}

function addedRows(rows: XRay['more']): string[] {
  return rows.map(({ name, host, container }) =>
    row(cut(say(name), label - 1), say(host), say(container)),
  )
}

function sides({ host, container }: XRay): string[] {
  const facts: [string, (side: Side) => string][] = [
    ['hostname', ({ hostname }) => hostname],
    ['user', ({ user }) => user],
    ['capabilities', ({ capabilities }) => 
      tell('{n} of {all}', { n: capabilities.length, all: privilegeCount })],
    ['root', ({ root }) => (root.subtree === '/' ? root.type : `${root.type} ${root.subtree}`)],
    ['directory', ({ cwd }) => cwd],
    ['interfaces', ({ interfaces }) => interfaces.join(' ')],
  ]
  const longest = Math.max(host.addresses.length, container.addresses.length)
  const addresses = Array.from({ length: longest }, (_, at) =>
    row(at === 0 ? say('addresses') : '', host.addresses[at] ?? '', container.addresses[at] ?? ''),
  )
  const first = say(`${container.pidInside}, which the host calls ${container.pid}`)
  const process = row(say('process'), say(`${host.pid}, this x-ray`), first)
  const rows = facts.map(([name, of]) => row(say(name), of(host), of(container)))
  return [process, ...rows, ...addresses]
}

function processLine({ host, inside, command, state, memoryBytes }: XRay['processes'][number]) {
  const words = `${inside}`.padEnd(7) + command
  const size = memoryBytes > 0 ? binarySize(memoryBytes, ' ') : ''
  return row(say(states[state] ?? state), `${host}`.padEnd(10) + size, words)
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
  const what = `${target} ${chalk.dim(type)}${isReadOnly ? chalk.yellow(' ro') : ''}`
  const there = onHost[0] === undefined ? chalk.dim(say('not there')) : onHost[0]
  return row('', onHost[0] !== undefined && subtree !== '/' ? `${there} ${subtree}` : there, what)
}

function groupLines({ groups: { dirs, limits, usage } }: XRay): string[] {
  if (dirs.length === 0) return []
  const name = dirs[0]?.split('/').at(-1) ?? ''
  const of = (used: string, limit: string | undefined) => 
    limit ? tell('{used} of {limit}', { used, limit }) : used
  const bytes = limits['memory.max'] ?? limits['memory.limit_in_bytes']
  const memory = usage.memoryBytes === undefined ? '-' : binarySize(usage.memoryBytes, ' ')
  const seconds = usage.cpuNs === undefined ? '-' : `${(usage.cpuNs / 1e9).toFixed(2)} s`
  const throttled = usage.throttledPeriods ? `, throttled ${usage.throttledPeriods} times` : ''
  const quota = processors(limits)
  const kills = usage.oomKills ? `, ${usage.oomKills} killed` : ''
  return [
    '',
    ` ${chalk.bold(padded(say('control group'), label))}${chalk.dim(cut(name, width - label - 1))}`,
    fact('memory', `${of(memory, bytes && binarySize(Number(bytes), ' '))}${kills}`),
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
    return row(say(names[kind]), size, cut(say(shared), width - label - column - 2))
  })
  return [...heading('layers', '', 'topmost first'), ...lines]
}

function heading(name: string, left = '', right = ''): string[] {
  const shown = say(name)
  const rest = row('', say(left), say(right)).slice(label + 1)
  return ['', ` ${chalk.bold(rest ? padded(shown, label) : shown)}${chalk.dim(rest)}`]
}

function fact(name: string, value: string): string {
  return ` ${padded(say(name), label)}${say(value)}`
}

/** Three columns. */
function row(name: string, left: string, right: string): string {
  const [leftShown, rightShown] = [cut(left, column - 2), cut(right, width - label - column - 1)]
  return ` ${padded(name, label)}${padded(leftShown, column - 1)} ${rightShown}`.trimEnd()
}
