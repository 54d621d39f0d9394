/** Sparse files: how an archive says where in a file its data are. */
import { recordText, type Records } from './pax.ts'
import { blockSize, damaged, paddingOf, type Extent, type Field } from './tar.ts'

/**
 * What an archive says about a sparse file. GNU tar has used four forms (its manual, appendix
 * "Storing Sparse Files"), which differ in where the map of extents is:
 *
 *     old GNU   in fields of a header of type S, and in blocks after it
 *     0.0       in records GNU.sparse.offset and GNU.sparse.numbytes, a pair for each extent
 *     0.1       in one record, GNU.sparse.map
 *     1.0       before the content, a number a line: the count, then each offset and length
 *
 * In all of them the data of the extents follow each other without the holes. We read all four and
 * write 1.0, because Go's archive/tar, and so Docker, reads it too.
 */
export interface Sparse {
  /** Bytes of the file, holes included. */
  size: number
  /** The file's name, in the forms that replace the name in the header. */
  name?: string
  /** Absent in form 1.0: the map is read from the content. */
  extents?: Extent[]
}

/**
 * The map of form 1.0, padded to whole blocks. If the file ends with a hole, the last extent is
 * empty and lies at the end: GNU tar takes the file's length from it.
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
 * Join extents across holes shorter than `shortest` bytes. Undefined if no hole remains.
 *
 * Whether a short hole exists depends on the file system, not on the file: ext4 fills holes of up
 * to 32 KiB with zeros (/sys/fs/ext4/<disk>/extent_max_zeroout_kb). Without joining, the same tree
 * would give different archives on different machines. If the map of a file would be too large,
 * only its longest holes remain.
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

/** Most bytes of a map, which is held in memory; archive/tar in Go has the same limit. */
const largestMap = 2 ** 20

/** Read the map of form 1.0 from the start of the content; `take` gives the next bytes of it. */
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

/** What the records say about a sparse file; undefined if they describe an ordinary one. */
export function sparseOf(records: Records): Sparse | undefined {
  const sparseRecords = records.filter(([key]) => key.startsWith('GNU.sparse.'))
  if (sparseRecords.length === 0) return undefined
  const find = (key: string) => {
    const value = sparseRecords.findLast(([each]) => each === `GNU.sparse.${key}`)?.[1]
    return value && recordText(value)
  }
  const form = `${find('major') ?? 0}.${find('minor') ?? (find('map') === undefined ? 0 : 1)}`
  const size = numberOf(find('realsize') ?? find('size') ?? '')
  const name = find('name')
  const sparse = { size, ...(name ? { name } : {}) }
  if (form === '1.0') return sparse
  if (form === '0.0') return { ...sparse, extents: pairs(repeated(sparseRecords)) }
  if (form === '0.1')
    return { ...sparse, extents: pairs((find('map') ?? '').split(',').map(numberOf)) }
  throw damaged(`a file with holes in form ${form}; known are 0.0, 0.1 and 1.0`)
}

/** The numbers of form 0.0: offset, length, offset, length, … */
function repeated(records: Records): number[] {
  const keys = ['GNU.sparse.offset', 'GNU.sparse.numbytes']
  const found = records.filter(([key]) => keys.includes(key))
  if (found.some(([key], at) => key !== keys[at % 2])) throw damaged(disorder)
  return found.map(([, value]) => numberOf(value.toString('latin1')))
}

/** Read the map of the old GNU form; `take` gives the blocks that follow the header. */
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
  // In the header: 4 extents from byte 386, and at 482 whether a block with 21 more follows.
  read(header, 386, 4)
  for (let goesOn = header[482]; goesOn; ) {
    if (numbers.length * 12 > largestMap) throw damaged('a map of holes that has no end')
    const block = await take(blockSize)
    read(block, 0, 21)
    goesOn = block[504]
  }
  return { size: number(header, [483, 12]), extents: pairs(numbers) }
}

/**
 * Check that extents are in order, inside the file, and as long as the `stored` bytes of the
 * archive. Gives them without the empty ones.
 */
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

/** A number of decimal digits that a JavaScript number represents exactly. */
function numberOf(text: string): number {
  if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(Number(text)))
    throw damaged(`not a size: '${text.slice(0, 40)}'`)
  return Number(text)
}
