/** Strings that keep every byte; runs anywhere, without root. */
import { expect, test } from 'vitest'
import { argvFrom, fromBytes, toBytes } from '../../runtime/bytes.ts'

test('text is text: what is valid UTF-8 reads as itself', () => {
  for (const text of ['', 'plain', 'é漢🎈', '\ufffd', '\u0000', '\u{10ffff}'])
    expect(fromBytes(Buffer.from(text))).toBe(text)
})

test('every byte comes back, whether it is part of a character or not', () => {
  const all = Buffer.from(Array.from({ length: 256 }, (_, at) => at))
  expect(toBytes(fromBytes(all))).toEqual(all)
  const pairs = Buffer.alloc(2 * 65536)
  for (let at = 0; at < 65536; at++) pairs.writeUInt16BE(at, 2 * at)
  expect(toBytes(fromBytes(pairs)).equals(pairs)).toBe(true)
})

test('a byte that is no character becomes one surrogate, the characters around it stay', () => {
  const cases: [bytes: number[], text: string][] = [
    [[0x61, 0xff, 0x62], 'a\udcffb'],
    [[0xc3, 0x28], '\udcc3('],
    [[0xe2, 0x82], '\udce2\udc82'],
    [[0xc0, 0xaf], '\udcc0\udcaf'], // an overlong slash
    [[0xed, 0xb2, 0x80], '\udced\udcb2\udc80'], // a surrogate that was encoded
    [[0xf4, 0x90, 0x80, 0x80], '\udcf4\udc90\udc80\udc80'], // beyond U+10FFFF
  ]
  for (const [bytes, text] of cases) {
    expect(fromBytes(Buffer.from(bytes))).toBe(text)
    expect([...toBytes(text)]).toEqual(bytes)
  }
})

test('arguments are taken from the kernel, which has kept their bytes', () => {
  const cmdline = Buffer.from('node\0--flag\0stepbox.cjs\0run\0\xff\0\0', 'latin1')
  expect(argvFrom(cmdline, ['run', '\ufffd', ''])).toEqual(['run', '\udcff', ''])
  expect(argvFrom(Buffer.from(''), ['run', 'x'])).toEqual(['run', 'x'])
  expect(argvFrom(cmdline, [])).toEqual([])
})
