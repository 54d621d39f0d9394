/** Chapter 5. Files with holes: how an archive says where the data of a file lie. */
import { fromBytes } from '../../bytes.ts'
import type { Records } from './pax.ts'
import { blockSize, damaged, paddingOf, type Extent, type Field } from './tar.ts'

/**
 * GNU tar has had four of them. We write the last, "1.0", which Go reads too:
 *
 *     old GNU   in fields of a header of type S, and in blocks after it
 *     0.0       a record GNU.sparse.offset and a record GNU.sparse.numbytes for each extent
 *     0.1       all of them in one record GNU.sparse.map
 *     1.0       before the content, in lines: their number, then offset and length of each
 *
 * In all of them the data of the extents follow each other without the holes.
 */
export interface Sparse {
  /** Of the file, with its holes. */
  size: number
  /** Its name; older forms leave that where it always is. */
  name?: string
  /** Missing in form 1.0, where they are read from the content. */
  extents?: Extent[]
}

/**
 * The map of form 1.0. Where a hole ends the file, an empty extent says so: GNU tar relies on it.
 */
export function encodeMap(extents: Extent[], size: number): string {
  const last = extents.at(-1)
  const all = last && last.offset + last.length === size ? extents : [...extents, end(size)]
  const lines = all.map(({ offset, length }) => `${offset}\n${length}\n`)
  const text = `${all.length}\n${lines.join('')}`
  return text + '\0'.repeat(paddingOf(text.length))
}

const end = (size: number): Extent => ({ offset: size, length: 0 })

/**
 * The extents of a file with the holes left out that are not worth it; undefined when none remains.
 * File systems fill short holes with zeros when they like (ext4: up to 32 KiB), so whether one is
 * there says nothing about the file. Of a file with too many holes for a map the longest stay.
 */
export function joinExtents(
  extents: Extent[],
  size: number,
  shortest = 65536,
): Extent[] | undefined {
  const joined: Extent[] = [{ offset: 0, length: 0 }]
  let at = 0
  for (const { offset, length } of [...extents, end(size)]) {
    const last = joined.at(-1)
    if (!last || offset - at >= shortest) joined.push({ offset, length })
    else last.length = offset + length - last.offset
    at = offset + length
  }
  const kept = joined.filter(({ length }) => length > 0)
  if (kept[0]?.length === size) return undefined
  if (encodeMap(kept, size).length > largestMap) return joinExtents(kept, size, shortest * 2)
  return kept
}

/** Maps larger than this are refused here and in Go. */
const largestMap = 2 ** 20

/**
 * Read the map of form 1.0. `take` gives the next bytes of the content, which hold more than the
 * map.
 */
export async function readMap(take: (size: number) => Promise<Buffer>): Promise<Extent[]> {
  let text = ''
  let count: number | undefined
  for (let lines = 0; count === undefined || lines < 2 * count + 1; ) {
    if (text.length >= largestMap) throw damaged('a map of holes that has no end')
    const more = (await take(blockSize)).toString('latin1')
    text += more
    lines += more.split('\n').length - 1
    if (lines > 0) count ??= numberOf(text.slice(0, text.indexOf('\n')))
  }
  const numbers = text.split('\n').slice(1, 2 * count + 1).map(numberOf)
  return pairs(numbers)
}

/** Whether these records speak of a file with holes, and what they say. */
export function sparseOf(records: Records): Sparse | undefined {
  const told = records.filter(([key]) => key.startsWith('GNU.sparse.'))
  if (told.length === 0) return undefined
  const find = (key: string) => {
    const value = told.findLast(([each]) => each === `GNU.sparse.${key}`)?.[1]
    return value && fromBytes(value)
  }
  const form = `${find('major') ?? 0}.${find('minor') ?? (find('map') === undefined ? 0 : 1)}`
  const size = numberOf(find('realsize') ?? find('size') ?? '')
  const name = find('name')
  const sparse = { size, ...(name ? { name } : {}) }
  if (form === '1.0') return sparse
  if (form === '0.0') return { ...sparse, extents: pairs(repeated(told)) }
  if (form === '0.1')
    return { ...sparse, extents: pairs((find('map') ?? '').split(',').map(numberOf)) }
  throw damaged(`a file with holes in form ${form}; known are 0.0, 0.1 and 1.0`)
}

/** The numbers of form 0.0: offset and length in turn. */
function repeated(told: Records): number[] {
  const keys = ['GNU.sparse.offset', 'GNU.sparse.numbytes']
  const found = told.filter(([key]) => keys.includes(key))
  if (found.some(([key], at) => key !== keys[at % 2])) throw damaged(disorder)
  return found.map(([, value]) => numberOf(value.toString('latin1')))
}

/** The fields of a header of old GNU form; `take` gives the blocks that follow it. */
export async function readOldSparse(
  header: Buffer,
  number: (block: Buffer, field: Field) => number,
  take: (size: number) => Promise<Buffer>,
): Promise<Sparse> {
  const numbers: number[] = []
  const read = (from: Buffer, at: number, count: number) => {
    for (; count > 0; count--, at += 24) {
      if (from[at] === 0) return
      numbers.push(number(from, [at, 12]), number(from, [at + 12, 12]))
    }
  }
  read(header, 386, 4)
  for (let goesOn = header[482]; goesOn; ) {
    if (numbers.length * 12 > largestMap) throw damaged('a map of holes that has no end')
    const block = await take(blockSize)
    read(block, 0, 21)
    goesOn = block[504]
  }
  return { size: number(header, [483, 12]), extents: pairs(numbers) }
}

/** Extents lie in order, inside the file, and their data are what the archive holds. */
export function checkExtents(extents: Extent[], size: number, stored: number): Extent[] {
  let at = 0
  let total = 0
  for (const { offset, length } of extents) {
    if (offset < at || offset + length > size) throw damaged(disorder)
    at = offset + length
    total += length
  }
  if (total !== stored) throw damaged(`a file with ${total} bytes of data, stored in ${stored}`)
  return extents.filter(({ length }) => length > 0)
}

const disorder = 'a map of holes that contradicts itself'

function pairs(numbers: number[]): Extent[] {
  if (numbers.length % 2 !== 0) throw damaged(disorder)
  const extents: Extent[] = []
  for (let at = 0; at < numbers.length; at += 2)
    extents.push({ offset: numbers[at] ?? 0, length: numbers[at + 1] ?? 0 })
  return extents
}

/** Decimal digits alone, exact in a JavaScript number. */
function numberOf(text: string): number {
  if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(Number(text)))
    throw damaged(`not a size: '${text.slice(0, 40)}'`)
  return Number(text)
}
