/** Tests. Documents in JSON with one value in them that is of another kind. */
import type { Random } from '../power/random.ts'

/** Values that no field expects all of. A text stands for itself: not all of them are JSON. */
const strange = [
  ...['null', 'true', '0', '-1', '1.5', '1e400', '9007199254740993', '""', '"a"', '[]', '{}'],
  ...['[null]', '[1]', '[[]]', '[{}]', '{"a":null}', '{"__proto__":{"a":1}}', '{"toString":1}'],
  ...['"\\u0000"', '"\\u001b[2J"', '"\\ud800"', '"a\\nb"', '"../../x"', '"sha256:"', '"-"', '"="'],
  ...['"1:2:3"', '"4294967295"', '"app:v2"', '"/"', '"2020-01-01T00:00:00Z"', '"x=\\u0000"'],
]

/** The document `text` with the value of a key, or of a place in a list, replaced or left out. */
export function reshapedJson(text: string, random: Random): string {
  const places = [...text.matchAll(/(?<=[:,[])\s*("(?:[^"\\]|\\.)*"|[\w.+-]+|\[|\{)(?!\s*:)/g)]
  if (places.length === 0) return text
  const { index, 0: found } = random.pick(places)
  const end = valueEnd(text, index + found.length - 1, found.trim())
  return text.slice(0, index) + valueOf(random, text.slice(index, end)) + text.slice(end)
}

function valueOf(random: Random, before: string): string {
  const kind = random.below(12)
  const depth = 2 ** random.below(15)
  if (kind === 0) return '['.repeat(depth) + ']'.repeat(depth)
  if (kind === 1) return '{"a":'.repeat(depth) + '0' + '}'.repeat(depth)
  if (kind === 2) return `"${'n'.repeat(depth)}"`
  if (kind === 3) return `${before},${before}`
  if (kind === 4) return `[${before}]`
  return random.pick(strange)
}

/** Where the value that begins before `at` ends: after the bracket that closes it. */
function valueEnd(text: string, at: number, beginning: string): number {
  if (beginning !== '[' && beginning !== '{') return at + 1
  let depth = 0
  for (let here = at; here < text.length; here++) {
    if ('[{'.includes(text[here] ?? '')) depth++
    if (']}'.includes(text[here] ?? '') && --depth === 0) return here + 1
  }
  return text.length
}
