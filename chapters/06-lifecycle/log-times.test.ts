/** Tests. What `logs` understands as a time, and how it shows what a record has beside its text. */
import { describe, expect, test } from 'vitest'
import { shownAttributes, recordIn } from '../../runtime/06-lifecycle/logs/record.ts'
import { timeIn } from '../../runtime/06-lifecycle/logs/times.ts'

test("attributes are shown as Docker shows them, by name, escaped as in a URL's query", () => {
  const attrs = '{"b":"a,b =c%\\udcff","a":"é~-._"}'
  const line = `{"log":"","stream":"stderr","attrs":${attrs},"time":"2026-01-01T00:00:00.5Z"}`
  const record = recordIn(Buffer.from(line))
  expect(record).toMatchObject({ fd: 2, time: '2026-01-01T00:00:00.500000000Z' })
  expect(record && shownAttributes(record)).toBe('a=%C3%A9~-._,b=a%2Cb+%3Dc%25%FF')
})

describe('a time', () => {
  const now = Date.UTC(2026, 0, 2, 3, 4, 5, 6)
  const zone = -new Date(now).getTimezoneOffset() * 60_000
  const local = (iso: string) =>
    `${new Date(Date.parse(iso) - zone).toISOString().slice(0, -1)}000000Z`

  test.each([
    ['1h', '2026-01-02T02:04:05.006000000Z'],
    ['1h30m2.5s', '2026-01-02T01:34:02.506000000Z'],
    ['-1m', '2026-01-02T03:05:05.006000000Z'],
    ['+1m', '2026-01-02T03:03:05.006000000Z'],
    ['.5s', '2026-01-02T03:04:04.506000000Z'],
    ['1.s', '2026-01-02T03:04:04.006000000Z'],
    ['1ms1us1µs1ns', '2026-01-02T03:04:05.004997999Z'],
    ['1', '1970-01-01T00:00:01.000000000Z'],
    ['1.5', '1970-01-01T00:00:01.500000000Z'],
    ['1.1234567891', '1970-01-01T00:00:01.123456789Z'],
    ['999999999999999', '9999-12-31T23:59:59.999999999Z'],
    ['2013-01-02T13:23:37Z', '2013-01-02T13:23:37.000000000Z'],
    ['2013-01-02T13:23:37.000000001Z', '2013-01-02T13:23:37.000000001Z'],
    ['2013-01-02T13:23:37,5Z', '2013-01-02T13:23:37.500000000Z'],
    ['2013-01-02T13:23:37+01:30', '2013-01-02T11:53:37.000000000Z'],
    ['2013-01-02T13:23:37-01:00', '2013-01-02T14:23:37.000000000Z'],
    ['2013-01-02T13:23Z', '2013-01-02T13:23:00.000000000Z'],
    ['2013-01-02T13Z', '2013-01-02T13:00:00.000000000Z'],
    ['2013-01-02Z', '2013-01-02T00:00:00.000000000Z'],
    ['2013-01-02+01:00', '2013-01-01T23:00:00.000000000Z'],
    ['2013-01-02', local('2013-01-02T00:00:00Z')],
    ['2013-01-02T13', local('2013-01-02T13:00:00Z')],
    ['2013-01-02T13:23', local('2013-01-02T13:23:00Z')],
    ['2012-02-29T13:23:37', local('2012-02-29T13:23:37Z')],
  ])('%s is %s', (text, expected) => {
    expect(timeIn('since', text, now)).toBe(expected)
  })

  test.each(['', '0'])("'%s' is no bound", (text) => {
    expect(timeIn('since', text, now)).toBeUndefined()
  })

  test.each([
    ...['abc', '-5', '1d', '5m10', ' 5', '1h-2m', '1.x', '1e5', '.s', 's', '+', '1.', '01:02'],
    ...['2013-13-02', '2013-02-30', '2013-1-2', '2013-01-02T', '2013-01-02T24:00:00'],
    ...['2013-01-02 00:00:00', '2013-01-02t00:00:00z', '2013-01-02T00:00:60Z', '2013-01-02+1:00'],
  ])("'%s' is none", (text) => {
    expect(() => timeIn('until', text, now)).toThrow(`invalid value '${text}' for --until: `)
  })
})
