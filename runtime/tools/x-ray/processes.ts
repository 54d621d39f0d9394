/** Step by step. The processes of a container, each by both of its numbers. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

export interface SeenProcess {
  /** The number on the host, and the one in the container. */
  host: number
  inside: number
  /** The command line; a name in brackets where there is none. */
  command: string
  /** As ps(1) has it: R runs, S sleeps, T is stopped, Z is dead and not yet waited for. */
  state: string
  uid: number
  memoryBytes: number
}

/**
 * Everybody in the pid namespace of process `first`, and in namespaces below it. What
 * /proc/<pid>/status calls NSpid is a number for each namespace, the outermost first.
 */
export function processesWith(first: number): SeenProcess[] {
  const namespace = linkOf(`/proc/${first}/ns/pid`)
  const depth = numbers(first).length
  if (namespace === '' || depth === 0) return []
  const seen = readdirSync('/proc').flatMap((name) => {
    const host = Number(name)
    const all = Number.isNaN(host) ? [] : numbers(host)
    const inside = all[depth - 1]
    if (inside === undefined) return []
    const isIn = linkOf(`/proc/${host}/ns/pid`) === namespace
    return isIn || (all.length > depth && descends(host, first)) ? [look(host, inside)] : []
  })
  return seen.sort((a, b) => a.inside - b.inside)
}

/** How it is known that a namespace further down is one of this container's. */
function descends(pid: number, first: number): boolean {
  for (let at = pid; at > 1; at = Number(fieldOf(at, 'PPid'))) if (at === first) return true
  return false
}

function look(host: number, inside: number): SeenProcess {
  const line = text(`/proc/${host}/cmdline`).replace(/\0$/, '').replaceAll('\0', ' ')
  return {
    host,
    inside,
    command: line === '' ? `[${text(`/proc/${host}/comm`).trim()}]` : line,
    state: fieldOf(host, 'State').slice(0, 1),
    uid: Number(fieldOf(host, 'Uid').split(/\s+/)[0]),
    memoryBytes: parseInt(fieldOf(host, 'VmRSS') || '0') * 1024,
  }
}

function numbers(pid: number): number[] {
  return fieldOf(pid, 'NSpid').split(/\s+/).filter(Boolean).map(Number)
}

function fieldOf(pid: number, name: string): string {
  const status = text(`/proc/${pid}/status`)
  return new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? ''
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return '' // ignoring: it ended
  }
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // ignoring: it ended
  }
}
