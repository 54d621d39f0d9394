/** One line of comma-separated values, as Go's encoding/csv reads it. */

/** The fields of `text`. Throws what `refusal` makes of a reason. */
export function csvFields(text: string, refusal: (why: string) => Error): string[] {
  if (text === '') throw refusal('EOF')
  const bad = (at: number, why: string) =>
    refusal(`parse error on line 1, column ${Buffer.byteLength(text.slice(0, at)) + 1}: ${why}`)
  const fields: string[] = []
  for (let at = 0; at <= text.length; ) {
    const rest = text.slice(at)
    const [quoted, inner = '', closing] = /^"((?:[^"]|"")*)("?)/.exec(rest) ?? []
    const [plain = ''] = /^[^,]*/.exec(rest) ?? []
    const end = at + (quoted ?? plain).length
    const isOver = end === text.length || text[end] === ','
    if (quoted !== undefined && !(closing && isOver))
      throw bad(closing ? end - 1 : end, 'extraneous or missing " in quoted-field')
    if (quoted === undefined && plain.includes('"'))
      throw bad(at + plain.indexOf('"'), 'bare " in non-quoted-field')
    fields.push(quoted === undefined ? plain : inner.replaceAll('""', '"'))
    at = end + 1
  }
  return fields
}
