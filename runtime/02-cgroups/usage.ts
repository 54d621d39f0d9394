/** What a container uses at this moment, counted as `docker stats` counts. */
import { totalmem } from 'node:os'
import { tryRead, tryReadlink } from '../files.ts'
import type { Container } from '../options.ts'
import { statsOf } from './group-stats.ts'
import { isOwnGroup } from './own-group.ts'

/** Counted from the container's start, except for what it has now: memory and processes. */
export interface Usage {
  /** When this was read, in milliseconds of a clock that only goes forward. */
  atMs: number
  cpuNs: number
  /** Without the files in memory that nothing has used lately: they can go at any time. */
  memoryBytes: number
  /** The group's limit, or what the machine has. */
  memoryLimitBytes: number
  receivedBytes: number
  sentBytes: number
  readBytes: number
  writtenBytes: number
  pids: number
}

/** Zeros for a container that does not run. */
export function usageOf(container: Container): Usage {
  const { status, groups = [], limits, init } = container
  const atMs = performance.now()
  const isRunning = status === 'running'
  const dirs = isRunning ? groups.filter((dir) => isOwnGroup(dir)) : []
  const { cpuNs = 0, memoryBytes = 0, pids = 0 } = statsOf(dirs)
  const [received = 0, sent = 0] = isRunning && init ? networkOf(init.pid) : []
  const [read = 0, written = 0] = disksOf(dirs)
  return {
    atMs,
    cpuNs,
    memoryBytes: Math.max(0, memoryBytes - inactiveFilesOf(dirs)),
    memoryLimitBytes: isRunning ? Math.min(limits?.memoryBytes ?? Infinity, totalmem()) : 0,
    receivedBytes: received,
    sentBytes: sent,
    readBytes: read,
    writtenBytes: written,
    pids,
  }
}

/** Processor time between two moments: 100 is one processor all the time. */
export function cpuPercent(before: Usage, now: Usage): number {
  const passedNs = (now.atMs - before.atMs) * 1e6
  return passedNs > 0 ? (Math.max(0, now.cpuNs - before.cpuNs) / passedNs) * 100 : 0
}

/** Version 1 counts what is in groups below in a line of its own. */
function inactiveFilesOf(dirs: string[]): number {
  const text = textIn(dirs, 'memory.stat')
  const line = /^total_inactive_file (\d+)$/m.exec(text) ?? /^inactive_file (\d+)$/m.exec(text)
  return Number(line?.[1] ?? 0)
}

/** Bytes read from disks and written to them: version 2 has a line for each disk, version 1 two. */
function disksOf(dirs: string[]): [read: number, written: number] {
  const text =
    textIn(dirs, 'io.stat') + textIn(dirs, 'blkio.throttle.io_service_bytes_recursive')
  const sum = (pattern: RegExp) =>
    [...text.matchAll(pattern)].reduce((all, [, bytes]) => all + Number(bytes), 0)
  return [sum(/ (?:rbytes=|Read )(\d+)/g), sum(/ (?:wbytes=|Write )(\d+)/g)]
}

/** Bytes over the interfaces of a private network, but for the loopback (proc_pid_net(5)). */
function networkOf(pid: number): number[] {
  const network = (of: number | 'self') => tryReadlink(`/proc/${of}/ns/net`)
  if (network(pid) === network('self')) return []
  const lines = (tryRead(`/proc/${pid}/net/dev`) ?? '').split('\n').slice(2)
  const counts = lines.flatMap((line) => {
    const [name, numbers = ''] = line.trim().split(/:\s*/)
    return name === 'lo' || name === '' ? [] : [numbers.split(/\s+/).map(Number)]
  })
  const sum = (column: number) => counts.reduce((all, each) => all + (each[column] ?? 0), 0)
  return [sum(0), sum(8)]
}

function textIn(dirs: string[], file: string): string {
  return dirs.map((dir) => tryRead(`${dir}/${file}`) ?? '').join('')
}
