/** Archives that are cut off, changed or contradictory, each refused for what it is. */
import { describe, expect, test } from 'vitest'
import { encodeRecord } from '../../runtime/05-commit/tar/pax.ts'
import { tarEnd, tarHeader } from '../../runtime/05-commit/tar/write.ts'
import { fields, type Entry } from '../../runtime/05-commit/tar/tar.ts'
import { extension, plain, read, sealed } from './archives.ts'

describe('an archive is refused', () => {
  const header = tarHeader(plain)
  const withRecords = (text: string, flag = 'x') => [extension(flag, text), header]
  const flagged = (flag: string) => sealed(header, (block) => block.write(flag, fields.typeflag[0]))
  const device = (major: number, minor: number): Entry => ({
    ...plain,
    type: 'character',
    device: { major, minor },
  })
  const deviceOf = (major: string, minor: string) =>
    sealed(flagged('3'), (block) => {
      block.write(`${major.padStart(7, '0')}\0${minor.padStart(7, '0')}\0`, fields.major[0])
    })
  const cases: Record<string, [parts: Buffer[], message: RegExp]> = {
    'cut off in a header': [[header.subarray(0, 300)], /cut off/],
    'cut off in the content': [[tarHeader({ ...plain, size: 600 }), Buffer.alloc(512)], /cut off/],
    'cut off in the padding': [[tarHeader({ ...plain, size: 3 }), Buffer.alloc(300)], /cut off/],
    'with more after its end': [[tarEnd, header, tarEnd], /bytes after its end/],
    'with a changed header': [[Buffer.from(header).fill('F', 0, 1), tarEnd], /checksum/],
    'with an entry of a type that is not known': [[flagged('D'), tarEnd], /unknown type 'D'/],
    'with a field that is no number': [
      [sealed(header, (block) => block.write('12x', fields.mode[0])), tarEnd],
      /not a number/,
    ],
    'with a negative size': [
      [sealed(header, (block) => block.fill(0xff, 124, 136)), tarEnd],
      /not a size/,
    ],
    'with a name of nothing': [
      [sealed(header, (block) => block.fill(0, 0, 100)), tarEnd],
      /without a name/,
    ],
    'with a device beyond the largest': [[deviceOf('10000', '0'), tarEnd], /a device 4096:0/],
    'with a minor number that is cut to 0': [[deviceOf('0', '4000000'), tarEnd], /0:1048576/],
    'with a negative device': [
      [sealed(deviceOf('0', '1'), (block) => block.fill(0xff, 329, 337)), tarEnd],
      /a device -1:1/,
    ],
    'with a device of 33 bits': [
      [sealed(deviceOf('0', '0'), (block) => block.set([0x80, 0, 0, 1, 0, 0, 0, 0], 329)), tarEnd],
      /a device 4294967296:0/,
    ],
    'with a link to nothing': [[flagged('2'), tarEnd], /without a target/],
    'with a record that is too long': [[...withRecords('99 path=x\n'), tarEnd], /made of records/],
    'with a record that is too short': [[...withRecords('9 path=xy\n'), tarEnd], /made of records/],
    'with records that no newline ends': [
      [...withRecords('9 path=xy9 path=ab'), tarEnd],
      /made of records/,
    ],
    'with a record without a key': [[...withRecords('5 =x\n'), tarEnd], /made of records/],
    'with a record that is no record': [[...withRecords('path=x\n'), tarEnd], /made of records/],
    'with a NUL in a name': [[...withRecords('11 path=a\0\n'), tarEnd], /NUL/],
    'with a time that is none': [[...withRecords('13 mtime=1e9\n'), tarEnd], /a time/],
    'with a size in words': [[...withRecords('11 size=0x\n'), tarEnd], /not a number/],
    'with two names for one file': [
      [extension('L', 'a\0'), extension('L', 'b\0'), header, tarEnd],
      /two extended headers/,
    ],
    'with a name and no file after it': [[extension('L', 'a\0'), tarEnd], /no file/],
    'with a name for all files': [[...withRecords('11 path=ab\n', 'g'), tarEnd], /for every file/],
    'with an extended header of 2 MiB': [
      [extension('x', encodeRecord('comment', Buffer.alloc(2 ** 21))), header, tarEnd],
      /extended header of/,
    ],
    'with a device that Linux cuts to 0:0': [[tarHeader(device(4096, 0)), tarEnd], /4096:0/],
    'with a minor number that Linux cuts': [[tarHeader(device(1, 2 ** 20)), tarEnd], /1:1048576/],
    'with holes of a form to come': [
      [...withRecords('22 GNU.sparse.major=2\n25 GNU.sparse.realsize=1\n'), tarEnd],
      /form 2\.0/,
    ],
  }
  for (const [name, [parts, message]] of Object.entries(cases))
    test(name, async () => {
      await expect(read(...parts)).rejects.toThrow(message)
    })

  test('with a map of holes without an end', async () => {
    const told = ['major=1', 'minor=0', 'realsize=9'].map((text) => {
      const [key = '', value = ''] = text.split('=')
      return encodeRecord(`GNU.sparse.${key}`, value)
    })
    const map = Buffer.alloc(4 * 2 ** 20, '1\n')
    map.write('9999999\n')
    const large = tarHeader({ ...plain, size: map.length })
    await expect(read(extension('x', told.join('')), large, map, tarEnd)).rejects.toThrow(
      'has no end',
    )
  })
})
