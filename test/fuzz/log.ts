/** Tests. Fuzzed: the reader of logs. A crash or a full disk may have left anything in them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readLog, type ReadOptions } from '../../runtime/06-lifecycle/logs/read.ts'
import { shownAttributes, type LogRecord } from '../../runtime/06-lifecycle/logs/record.ts'
import { rule, same, type Target } from './target.ts'

const end = '"stream":"stdout","time":"2026-11-29T00:34:01.0278Z"}\n'
const texts = [
  `{"log":"one\\n",${end}{"log":"two",${end.replace('stdout', 'stderr')}`,
  `{"log":"\\udcff\\u003c💀\\ud83d\\udc80\\n","attrs":{"a":"b c","d":"é"},${end}`,
  `{"log":"to\n{"log":"whole\\n",${end}`,
]

let dir = ''

export const log: Target = {
  name: 'log',
  open: () => void (dir = mkdtempSync(join(tmpdir(), 'stepbox-log-'))),
  close: async () => void rmSync(dir, { recursive: true, force: true }),
  seeds: () => texts.map((text) => Buffer.from(text)),
  words: ['\n', '{"log":"', '"}', '\\udc80', '\\ud800', '"attrs":{', '"time":"', 'null', '0', end],
  check: async (bytes) => {
    const path = join(dir, 'log')
    writeFileSync(path, bytes)
    const all = await recordsIn(path, {})
    for (const record of all) {
      const { fd, time } = record
      rule(fd === 1 || fd === 2, `the descriptor ${fd}`)
      rule(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/.test(time), `the time ${time}`)
      rule(/^[\w.~+%=,-]*$/.test(shownAttributes(record)), shownAttributes(record))
    }
    const lines = bytes.toString('latin1').split('\n').length - 1
    rule(all.length <= lines, `${all.length} records in ${lines} lines`)
    for (const tail of [0, 1, 2])
      same(await recordsIn(path, { tail }), all.slice(all.length - tail), `the last ${tail}`)
    return `${all.map((record) => `${record.fd}${record.bytes.length}`)}`
  },
}

async function recordsIn(path: string, options: ReadOptions): Promise<LogRecord[]> {
  const all: LogRecord[] = []
  for await (const some of readLog(path, options)) all.push(...some)
  return all
}
