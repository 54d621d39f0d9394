/** `logs`: what a container has written, each record to the output that it was written to. */
import { valueOf, type Input } from '../../command-line.ts'
import { findContainer } from '../../container/find.ts'
import { tidy } from '../../container/tidy.ts'
import { containerLog } from './container-log.ts'
import type { ReadOptions } from './read.ts'
import { shownAttributes, type LogRecord } from './record.ts'
import { timeIn } from './times.ts'

export async function logsCommand(input: Input): Promise<number> {
  const { runtime, words, switches, warn, write } = input
  const options = { ...optionsIn(input), isFollowed: switches.has('follow'), warn }
  await tidy(runtime)
  const container = findContainer(runtime.root, words[0] ?? '')
  const before = prefix(switches.has('timestamps'), switches.has('details'))
  for await (const records of containerLog(runtime.root, container, options))
    for (let at = 0; at < records.length; ) {
      const { fd } = records[at] as LogRecord
      const parts: Buffer[] = []
      for (let record = records[at]; record?.fd === fd; record = records[++at])
        parts.push(...before(record), record.bytes)
      write(fd, Buffer.concat(parts))
    }
  return 0
}

/** What is shown before each record. */
function prefix(hasTime: boolean, hasDetails: boolean): (record: LogRecord) => Buffer[] {
  if (!hasTime && !hasDetails) return () => []
  return (record) => {
    const time = hasTime ? `${record.time} ` : ''
    return [Buffer.from(hasDetails ? `${time}${shownAttributes(record)} ` : time)]
  }
}

function optionsIn(input: Input): ReadOptions {
  const tail = tailIn(valueOf(input, 'tail'))
  const [since, until] = ['since', 'until'].map((flag) => timeIn(flag, valueOf(input, flag) ?? ''))
  return {
    ...(tail === undefined ? {} : { tail }),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
  }
}

/** `all`, and a number below 0, which Docker takes for it, are undefined. */
function tailIn(text = 'all'): number | undefined {
  if (text === 'all' || /^-\d+$/.test(text)) return undefined
  if (/^\+?\d+$/.test(text)) return Number(text)
  throw new Error(`invalid value '${text}' for --tail: a number of lines, or all`)
}
