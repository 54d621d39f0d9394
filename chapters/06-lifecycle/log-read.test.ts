/** Tests. A log as it is read: from its end, between times, and while it grows and is rotated. */
import { appendFileSync, closeSync, openSync, renameSync, rmSync, truncateSync } from 'node:fs'
import { writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readLog, type ReadOptions } from '../../runtime/06-lifecycle/logs/read.ts'
import { scratch } from '../../test/scratch.ts'

const stamp = (number: number) => `2026-01-01T00:00:${String(number).padStart(2, '0')}`

/** Records of these numbers: the text, and the second in which it was written. */
function lines(...numbers: number[]): string {
  return numbers
    .map((each) => `{"log":"${each}\\n","stream":"stdout","time":"${stamp(each % 60)}Z"}\n`)
    .join('')
}

async function read(path: string, options: ReadOptions = {}): Promise<string> {
  const texts: string[] = []
  for await (const some of readLog(path, options))
    texts.push(...some.map(({ bytes }) => bytes.toString().trim()))
  return texts.join(' ')
}

/** A log in files, the oldest first. */
function log(...files: string[]): string {
  const path = join(scratch(), 'log')
  const count = files.length - 1
  for (const [at, text] of files.entries())
    writeFileSync(at === count ? path : `${path}.${count - at}`, text)
  return path
}

describe('all of it', () => {
  test('is in its files, from the oldest to the newest', async () => {
    expect(await read(log(lines(1, 2), lines(3), '', lines(4, 5)))).toBe('1 2 3 4 5')
    const path = log(...Array.from({ length: 12 }, (_, at) => lines(at)))
    expect(await read(path)).toBe('0 1 2 3 4 5 6 7 8 9 10 11')
    rmSync(path)
    rmSync(`${path}.5`)
    expect(await read(path)).toBe('0 1 2 3 4 5 7 8 9 10')
    expect(await read(join(scratch(), 'none'))).toBe('')
  })

  test('lacks lines that are damaged, and no other', async () => {
    const foreign = '{"log":"x","stream":"stdin","time":"2026-01-01T00:00:00Z"}\n[1]\nnull\n7\n\n'
    const undated = '{"log":"x","stream":"stdout","time":"yesterday"}\n{"log":3}\n'
    const long = `{"log":"${'x'.repeat(5_000_000)}\n`
    const text = `${lines(1)}{"log":"tor\n${lines(2)}${foreign}${undated}${long}${lines(3)}{"log":"`
    expect(await read(log(text))).toBe('1 2 3')
    expect(await read(log(text), { tail: 2 })).toBe('2 3')
  })

  test('has a line however it lies in the blocks that are read', async () => {
    const record = (size: number) =>
      `{"log":"${'x'.repeat(size)}","stream":"stdout","time":"${stamp(0)}Z"}\n`
    const text = [90_000, 300_000, 5, 262_080, 1].map(record).join('') + lines(7)
    const sizes: number[] = []
    for await (const some of readLog(log(text), {}))
      sizes.push(...some.map(({ bytes }) => bytes.length))
    expect(sizes).toEqual([90_000, 300_000, 5, 262_080, 1, 2])
    for (const tail of [2, 3, 4, 5]) {
      const found: number[] = []
      for await (const some of readLog(log(text), { tail }))
        found.push(...some.map(({ bytes }) => bytes.length))
      expect(found).toEqual(sizes.slice(-tail))
    }
  })
})

describe('the end of it', () => {
  test('is so many records, from as many files as it takes', async () => {
    const path = log(lines(1, 2, 3), lines(4, 5), lines(6, 7))
    const ends = await Promise.all([0, 1, 2, 3, 4, 6, 7, 99].map((tail) => read(path, { tail })))
    expect(ends).toEqual(
      ['', '7', '6 7', '5 6 7', '4 5 6 7', '2 3 4 5 6 7', '1 2 3 4 5 6 7', '1 2 3 4 5 6 7'],
    )
  })

  test('is found without reading what is before it', async () => {
    const path = log('')
    truncateSync(path, 2 ** 43) // a hole, which would take hours to read
    appendFileSync(path, `\n${lines(1, 2, 3)}`)
    expect(await read(path, { tail: 2 })).toBe('2 3')
  })

  test('is taken first; times choose among it', async () => {
    const path = log(lines(1, 2, 3, 4, 5))
    const [since, until] = [`${stamp(2)}.000000000Z`, `${stamp(4)}.000000000Z`]
    expect(await read(path, { since })).toBe('2 3 4 5')
    expect(await read(path, { until })).toBe('1 2 3 4')
    expect(await read(path, { since, until })).toBe('2 3 4')
    expect(await read(path, { tail: 3, until })).toBe('3 4')
    expect(await read(path, { tail: 1, until })).toBe('')
  })
})

describe('followed, it', () => {
  /** Read while `turns` are taken, one each time that the end is reached. */
  async function followed(path: string, turns: (() => void)[], options: ReadOptions = {}) {
    const texts: string[] = []
    let gaps = 0
    const left = [...turns]
    const following = {
      isOver: () => left.length === 0,
      change: async () => left.shift()?.(),
      onGap: () => void gaps++,
    }
    for await (const some of readLog(path, options, following))
      texts.push(...some.map(({ bytes }) => bytes.toString().trim()))
    return { text: texts.join(' '), gaps }
  }

  function rotate(path: string, files: number): void {
    for (let at = files - 1; at > 0; at--)
      try {
        renameSync(at === 1 ? path : `${path}.${at - 1}`, `${path}.${at}`)
      } catch {
        continue // ignoring: there are fewer yet
      }
    if (files === 1) rmSync(path)
    writeFileSync(path, '')
  }

  test('goes on with what is written, a line when it is whole', async () => {
    const path = log(lines(1))
    const [first, second] = [lines(2).slice(0, 20), lines(2).slice(20)]
    const turns = [
      () => appendFileSync(path, first),
      () => appendFileSync(path, second + lines(3)),
      () => {},
      () => appendFileSync(path, lines(4)),
    ]
    expect(await followed(path, turns)).toEqual({ text: '1 2 3 4', gaps: 0 })
  })

  test('begins where it was asked to, and when there is no file yet', async () => {
    const path = log(lines(1, 2))
    const turn = [() => appendFileSync(path, lines(3))]
    expect(await followed(path, turn, { tail: 0 })).toMatchObject({ text: '3' })
    expect(await followed(path, turn, { tail: 1 })).toMatchObject({ text: '3 3' })
    const later = join(scratch(), 'log')
    const made = [() => writeFileSync(later, lines(1))]
    expect(await followed(later, made)).toMatchObject({ text: '1', gaps: 0 })
  })

  test('follows rotation without losing or repeating a record', async () => {
    const path = log(lines(1))
    const turns = [
      () => {
        appendFileSync(path, lines(2))
        rotate(path, 5)
        appendFileSync(path, lines(3))
      },
      () => {
        for (const number of [4, 5, 6]) {
          rotate(path, 5)
          appendFileSync(path, lines(number))
        }
        appendFileSync(path, lines(7))
      },
      () => rotate(path, 5),
      () => appendFileSync(path, lines(8)),
    ]
    expect(await followed(path, turns)).toEqual({ text: '1 2 3 4 5 6 7 8', gaps: 0 })
  })

  test('follows a single file that is made anew, which has been written to before', async () => {
    const path = log(lines(1))
    const turn = () => {
      appendFileSync(path, lines(2))
      rotate(path, 1)
      appendFileSync(path, lines(3))
    }
    expect(await followed(path, [turn])).toMatchObject({ text: '1 2 3' })
  })

  test('says so when files were gone before they were read', async () => {
    const path = log(lines(1))
    const turn = () => {
      for (const number of [2, 3, 4]) {
        rotate(path, 2)
        appendFileSync(path, lines(number))
      }
    }
    expect(await followed(path, [turn])).toEqual({ text: '1 3 4', gaps: 1 })
  })

  test('begins again when it was emptied; a torn record may be taken back', async () => {
    const path = log(lines(1, 2))
    const whole = lines(3)
    const turns = [
      () => truncateSync(path, 0),
      () => appendFileSync(path, lines(3)),
      () => appendFileSync(path, '{"log":"to'),
      () => truncateSync(path, whole.length),
      () => appendFileSync(path, lines(4)),
    ]
    expect(await followed(path, turns)).toEqual({ text: '1 2 3 4', gaps: 0 })
  })

  test('ends with a record that is too late, and when the time has passed', async () => {
    const path = log(lines(1))
    const until = `${stamp(2)}.000000000Z`
    const never = () => {
      throw new Error('it waited')
    }
    expect(await followed(path, [never], { until })).toMatchObject({ text: '1' })
    const fd = openSync(path, 'a')
    writeSync(fd, lines(2, 3))
    closeSync(fd)
    expect(await followed(path, [never], { until })).toMatchObject({ text: '1 2' })
  })
})
