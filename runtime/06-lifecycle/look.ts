/** What x-ray shows of a container that lives on: who waits for it, and where its output goes. */
import { statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { XRayRow } from '../chapter-tools.ts'
import { tryReadlink } from '../files.ts'
import type { Container } from '../options.ts'
import { statFields } from '../process.ts'
import { decimalSize } from '../units.ts'

/** The rows of a container that runs. The log is found by the descriptor of who writes it. */
export function lifeRows({ id, monitor, init, restarts = 0 }: Container): XRayRow[] {
  const first = init?.pid ?? 0
  const start = Number(statFields(first)?.[4] ?? 0)
  const waits = `process ${monitor.pid}, its monitor`
  const rows: XRayRow[] = [
    { name: 'waited for by', host: waits, container: 'no process in here' },
    { name: 'output', host: logSize(start, `${id}-json.log`), container: outputOf(first) },
  ]
  const started = { name: 'started again', host: `${restarts} times`, container: 'not known' }
  return restarts > 0 ? [...rows, started] : rows
}

function logSize(writer: number, name: string): string {
  const journal = descriptors(writer).find((path) => path.endsWith(`/${name}`))
  const size = journal && statSync(join(dirname(journal), name), { throwIfNoEntry: false })?.size
  return size === undefined || size === '' ? 'not logged' : `${decimalSize(size)} in its log`
}

function descriptors(pid: number): string[] {
  return Array.from({ length: 64 }, (_, fd) => tryReadlink(`/proc/${pid}/fd/${fd}`) ?? '')
}

function outputOf(first: number): string {
  return tryReadlink(`/proc/${first}/fd/1`) ?? 'closed'
}
