/** The resolver of a running container, found by the sockets that it answers on. */
import type { XRayRow } from '../chapter-tools.ts'
import { namesIn, tryRead, tryReadlink } from '../files.ts'

/** 127.0.0.11 and its port, as /proc/net/udp writes them. */
const place = '0B00007F:A0C1'

/** A row if the container with first process `pid` has one. */
export function resolverRow(pid: number): XRayRow[] {
  const found = ['udp', 'tcp'].flatMap((protocol) => {
    const lines = (tryRead(`/proc/${pid}/net/${protocol}`) ?? '').split('\n')
    const fields = lines.map((line) => line.trim().split(/\s+/)).find(([, at]) => at === place)
    return fields ? [{ protocol, file: `socket:[${fields[9]}]` }] : []
  })
  if (found.length === 0) return []
  const files = found.map(({ file }) => file)
  const holder = namesIn('/proc').find((name) => isHolder(name, files))
  return [
    {
      name: 'resolver',
      host: holder ? `process ${holder}` : 'no process',
      container: `127.0.0.11, by ${found.map(({ protocol }) => protocol).join(' and ')}`,
    },
  ]
}

function isHolder(pid: string, files: string[]): boolean {
  if (tryRead(`/proc/${pid}/comm`) !== 'resolver\n') return false
  try {
    const dir = `/proc/${pid}/fd`
    return namesIn(dir).some((fd) => files.includes(tryReadlink(`${dir}/${fd}`) ?? ''))
  } catch {
    return false // ignoring: it has ended by now
  }
}
