/** Tests. Fuzzed: the records of pax's extended headers, their times and their keys. */
import { decodeRecords, decodeTime, encodeRecord } from '../../runtime/05-commit/tar/pax.ts'
import { encodeTime, escapeKey, unescapeKey } from '../../runtime/05-commit/tar/pax.ts'
import { rule, same, type Target } from './target.ts'

export const pax: Target = {
  name: 'pax',
  seeds: () =>
    [
      encodeRecord('path', 'a/b') + encodeRecord('mtime', '1700000000.5'),
      encodeRecord('SCHILY.xattr.user.a%3D', Buffer.from([0, 10, 255])),
      encodeRecord('mtime', '-1.000000001') + encodeRecord('é', 'n'.repeat(98)),
    ].map((text) => Buffer.from(text, 'latin1')),
  words: ['mtime=', '=', '\n', '%25', '%3D', ' ', '11 mtime=1\n', '9 a=bcde\n', '-', '.'],
  check: (bytes) => {
    const records = decodeRecords(bytes)
    const again = records.map(([key, value]) => encodeRecord(key, value)).join('')
    same(decodeRecords(Buffer.from(again, 'latin1')), records, 'others when written and read again')
    for (const [key, value] of records) {
      const name = unescapeKey(key)
      same(unescapeKey(escapeKey(name)), name, 'another key')
      const time = timeIn(value.toString('latin1'))
      if (time !== undefined) same(decodeTime(encodeTime(time)), time, 'another time')
    }
    return records.map(([key]) => key).join(' ')
  },
}

function timeIn(text: string): bigint | undefined {
  try {
    return decodeTime(text)
  } catch (error) {
    rule((error as Error).constructor === Error, `a time '${text}': ${(error as Error).stack}`)
    return undefined
  }
}
