/** JSON from a stranger, as data that can be walked, copied and printed without harm. */

const mostDepth = 64

/** Throws a SyntaxError if it is not JSON, or deeper than any list is. */
export function plainJson(text: string): unknown {
  if (depthOf(text) > mostDepth) throw new SyntaxError(`more than ${mostDepth} levels deep`)
  const mayHave = /__proto__|\\u/.test(text)
  return mayHave ? JSON.parse(text, withoutPrototype) : JSON.parse(text)
}

/** Copied by assignment, a field of this name would set the prototype of the copy. */
function withoutPrototype(key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value
}

/** Found before it is parsed: what walks a value calls itself once for each level. */
function depthOf(text: string): number {
  let [depth, most, isText] = [0, 0, false]
  for (let at = 0; at < text.length; at++) {
    const unit = text[at]
    if (isText && unit === '\\') at++
    else if (unit === '"') isText = !isText
    else if (!isText && (unit === '[' || unit === '{')) most = Math.max(most, ++depth)
    else if (!isText && (unit === ']' || unit === '}')) depth--
  }
  return most
}
