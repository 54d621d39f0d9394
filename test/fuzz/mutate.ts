/** Tests. Inputs made of other inputs, by chance that can be had again. */
import type { Random } from '../power/random.ts'

export interface Material {
  random: Random
  words: string[]
  others: Buffer[]
}

/** Most bytes of an input: parsers have no branch for which more are needed. */
export const longest = 2 ** 16

/** `bytes` with one to eight changes, mostly few. */
export function mutated(bytes: Buffer, material: Material): Buffer {
  const { random } = material
  let now = Buffer.from(bytes)
  for (let left = 1 + random.below(2 ** random.below(4)); left > 0; left--)
    now = random.pick(changes)(now, material)
  return now.subarray(0, longest)
}

type Change = (bytes: Buffer, material: Material) => Buffer<ArrayBuffer>

const changes: Change[] = [
  // One bit, one byte.
  (bytes, { random }) => with1(bytes, random, (byte) => byte ^ (1 << random.below(8))),
  (bytes, { random }) => with1(bytes, random, () => random.pick(telling)),
  (bytes, { random }) => with1(bytes, random, () => random.below(256)),
  // A piece is left out, doubled, moved, cut off.
  (bytes, { random }) => replaced(bytes, piece(bytes, random), Buffer.alloc(0)),
  (bytes, { random }) => insert(bytes, slice(bytes, piece(bytes, random)), random),
  (bytes, { random }) => bytes.subarray(0, random.below(bytes.length + 1)) as Buffer<ArrayBuffer>,
  (bytes, { random }) => insert(bytes, Buffer.alloc(1 + random.below(700)), random),
  // A byte comes many times.
  (bytes, { random }) => {
    const byte = bytes[random.below(bytes.length)] ?? 0
    return insert(bytes, Buffer.alloc(2 ** random.below(15), byte), random)
  },
  // A word of the format, or a number that parsers stumble over.
  (bytes, { random, words }) => insert(bytes, Buffer.from(wordOf(words, random)), random),
  (bytes, { random, words }) => over(bytes, Buffer.from(wordOf(words, random)), random),
  (bytes, { random }) => renumbered(bytes, random),
  // A piece of another input.
  (bytes, { random, others }) => {
    const other = random.pick(others)
    return insert(bytes, slice(other, piece(other, random)), random)
  },
]

const telling = [0, 1, 9, 10, 13, 27, 32, 34, 0x2e, 0x2f, 0x5c, 0x7f, 0x80, 0x9b, 0xc0, 0xed, 0xff]
  .concat([...'09:=,[]{}"-'].map((character) => character.charCodeAt(0)))

/** Numbers at the limits of what is represented, and no numbers. */
export const numbers = [
  ...['0', '-0', '-1', '1', '7', '00', '1e9', '1e999', '0x10', '1.5', '', ' 1', '+1', 'NaN'],
  ...['511', '512', '513', '4095', '4096', '65535', '1048577', '2147483647', '2147483648'],
  ...['4294967295', '4294967296', '9007199254740991', '9007199254740992'],
  ...['9223372036854775807', '18446744073709551615', '99999999999999999999999'],
]

function wordOf(words: string[], random: Random): string {
  return random.pick(words.length > 0 && random.fraction() < 0.8 ? words : numbers)
}

type Range = [from: number, to: number]

/** A range of `bytes`: often short, now and then all that follows. */
function piece(bytes: Buffer, random: Random): Range {
  const from = random.below(bytes.length + 1)
  return [from, Math.min(bytes.length, from + random.below(2 ** (1 + random.below(12))))]
}

function slice(bytes: Buffer, [from, to]: Range): Buffer {
  return bytes.subarray(from, to)
}

function replaced(bytes: Buffer, [from, to]: Range, by: Buffer): Buffer<ArrayBuffer> {
  return Buffer.concat([bytes.subarray(0, from), by, bytes.subarray(to)])
}

function insert(bytes: Buffer, what: Buffer, random: Random): Buffer<ArrayBuffer> {
  const at = random.below(bytes.length + 1)
  return replaced(bytes, [at, at], what)
}

function over(bytes: Buffer, what: Buffer, random: Random): Buffer<ArrayBuffer> {
  const at = random.below(bytes.length + 1)
  return replaced(bytes, [at, Math.min(bytes.length, at + what.length)], what)
}

function with1(bytes: Buffer, random: Random, change: (byte: number) => number) {
  const copy = Buffer.from(bytes)
  const at = random.below(copy.length)
  if (copy.length > 0) copy[at] = change(copy[at] ?? 0)
  return copy
}

/** One of the decimal numbers in `bytes` becomes another. */
function renumbered(bytes: Buffer, random: Random): Buffer<ArrayBuffer> {
  const found = [...bytes.toString('latin1').matchAll(/\d+/g)]
  if (found.length === 0) return Buffer.from(bytes)
  const { index, 0: digits } = random.pick(found)
  const by = random.fraction() < 0.5 ? String(Number(digits) + random.below(5) - 2) : undefined
  const number = Buffer.from(by ?? random.pick(numbers))
  return replaced(bytes, [index, index + digits.length], number)
}
