/** The native program's socket, read: lines, and a queue to pull reports from. */
import type { Duplex } from 'node:stream'
import { errnoNamed } from './kernel-names.ts'

/** One line, cut at its spaces, and the bytes that follow it. */
export type OnLine = (kind: string, fields: string[], answer: Buffer) => void

/**
 * Read everything that the native program writes to `control`. If it ends before it has read all of
 * its input, our write fails with EPIPE; Node would then destroy the socket, and with it the line
 * that says why the program ended. A failed write is therefore dropped, and the socket is destroyed
 * at the end of its input.
 */
export function readLines(control: Duplex, onLine: OnLine): void {
  const unlessFailed = (done: () => void) => (error?: Error | null) => {
    if (!error) done()
  }
  const [write, writev] = [control._write.bind(control), control._writev?.bind(control)]
  control._write = (chunk, encoding, done) => write(chunk, encoding, unlessFailed(done))
  if (writev) control._writev = (chunks, done) => writev(chunks, unlessFailed(done))
  control.on('data', lineReader(onLine))
  control.on('end', () => control.destroy())
  control.on('error', () => {}) // ignoring: ECONNRESET comes after all bytes were read
}

/** What the native program says of a step. */
export interface Report {
  /** The step's place in the plan. */
  index: number
  /** The process that made the call. */
  pid: number
  /** What the call returned; -1 with an errno. */
  result: number
  /** The name of the errno, or undefined on success. */
  errno?: string
  /** The plan ends here: the call has an errno that its step does not ignore. */
  failed: boolean
  nanoseconds: number
  /** Bytes that the call brought back (xattrs, extents). */
  answer: Buffer
}

type Origin = Pick<Report, 'pid' | 'failed' | 'answer'>

/** A report, from the numbers of its line. */
export function reportOf(fields: string[], { pid, failed, answer }: Origin): Report {
  const [index = 0, result = 0, errno = 0, nanoseconds = 0] = fields.map(Number)
  const report: Report = { index, pid, result, failed, nanoseconds, answer }
  const name = errnoNamed(errno)
  if (name) report.errno = name
  return report
}

/** The lines that native/report.c writes; of a step the last number counts bytes that follow. */
const known = new RegExp(
  '^(?:(?:step|failed) \\d{1,15} -?\\d{1,15} \\d{1,5} \\d{1,15} (\\d{1,9})' +
    '|(?:exit|unlogged|unwritten [12]) \\d{1,6}|ended \\d{1,6} (?:locked|over|again)' +
    '|running|detached|refused .*)$',
)

/**
 * Cut bytes into lines; after `step … <n>` and `failed … <n>` come n bytes that are not text. Any
 * other line is dropped, because its numbers cannot be trusted.
 */
function lineReader(onLine: OnLine): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0)
  return (chunk) => {
    rest = rest.length ? Buffer.concat([rest, chunk]) : chunk
    for (;;) {
      const end = rest.indexOf(10)
      if (end < 0) return
      const line = rest.toString('utf8', 0, end)
      const [found, bytes = '0'] = known.exec(line) ?? []
      const size = Number(bytes)
      if (rest.length < end + 1 + size) return
      const [kind = '', ...fields] = line.split(' ')
      if (found !== undefined) onLine(kind, fields, rest.subarray(end + 1, end + 1 + size))
      rest = rest.subarray(end + 1 + size)
    }
  }
}

/** Whether a call leaves the rest of the list to another process: the one that it returns. */
export function handsOn(name: string | undefined): boolean {
  return name === 'supervise' || name === 'clone_parent'
}

export interface Queue<T> extends AsyncIterable<T> {
  /** Append an item. `release` is called once the consumer is done with it. */
  push(item: T, release?: () => void): void
  /** No further item follows. */
  end(): void
}

/**
 * A queue with one consumer, who is done with an item when it asks for the next one or leaves the
 * loop. Before the loop begins and after it was left, items are released as they are pushed.
 */
export function queue<T>(): Queue<T> {
  const waiting: Queued<T>[] = []
  let taken: Queued<T> | undefined
  let deliver: ((result: IteratorResult<T, undefined>) => void) | undefined
  let state: 'unread' | 'read' | 'left' = 'unread'
  let isEnded = false
  const take = (next: Queued<T>): IteratorResult<T> => {
    taken = next
    return { done: false, value: next.item }
  }
  const finish = () => {
    deliver?.({ done: true, value: undefined })
    deliver = undefined
  }
  const iterator = {
    next(): Promise<IteratorResult<T, undefined>> {
      if (deliver) return Promise.reject(new Error('the next report is being waited for already'))
      taken?.release?.()
      taken = undefined
      const next = waiting.shift()
      if (next) return Promise.resolve(take(next))
      if (isEnded || state === 'left') return Promise.resolve({ done: true, value: undefined })
      return new Promise((resolve) => (deliver = resolve))
    },
    async return(): Promise<IteratorResult<T, undefined>> {
      state = 'left'
      for (const { release } of [...(taken ? [taken] : []), ...waiting.splice(0)]) release?.()
      taken = undefined
      finish()
      return { done: true, value: undefined }
    },
  }
  return {
    push(item, release) {
      const next = state === 'read' && release ? { item, release } : { item }
      if (state !== 'read') release?.()
      if (state === 'left') return
      if (!deliver) return void waiting.push(next)
      deliver(take(next))
      deliver = undefined
    },
    end() {
      isEnded = true
      finish()
    },
    [Symbol.asyncIterator]() {
      if (state !== 'unread') throw new Error('the reports can be read once')
      state = 'read'
      return iterator
    },
  }
}

interface Queued<T> {
  item: T
  release?: () => void
}
