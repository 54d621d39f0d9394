/** Tests. --detach-keys as it is written, and the bytes that a terminal sends for it. */
import { describe, expect, test } from 'vitest'
import { detachKeys } from '../../runtime/07-exec/detach-keys.ts'

const bytesOf = (text?: string) =>
  Buffer.from(detachKeys({ values: new Map(text === undefined ? [] : [['detach-keys', [text]]]) }))

describe('detach keys', () => {
  test.each([
    [undefined, '1011'],
    ['', '1011'],
    ['ctrl-a,ctrl-z,d', '011a64'],
    ['ctrl-@,ctrl-[,ctrl-\\,ctrl-],ctrl-^,ctrl-_', '001b1c1d1e1f'],
    ['DEL, ,1', '7f2031'],
  ])('%j are the bytes %s', (text, hex) => {
    expect(bytesOf(text).toString('hex')).toBe(hex)
  })

  test.each(['ab', 'ctrl-', 'ctrl-A', 'ctrl-1', 'a,,b', ',', 'a, b', 'del', '\u00e9'])(
    '%j are none',
    (text) => {
      expect(() => bytesOf(text)).toThrow(`invalid --detach-keys '${text}'`)
    },
  )

  test('are not more than a native program takes', () => {
    expect(bytesOf('a'.repeat(32).split('').join(','))).toHaveLength(32)
    expect(() => bytesOf('a'.repeat(33).split('').join(','))).toThrow('too many')
  })
})
