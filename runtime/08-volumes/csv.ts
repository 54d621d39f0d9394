/** One line of comma-separated values, as Go's encoding/csv reads it. */

/** The fields of the first line that is not empty. Throws what `refusal` makes of a reason. */
export function csvFields(lines: string, refusal: (why: string) => Error): string[] {
  const text = lines.replaceAll('\r\n', '\n').replace(/^\n+/, '')
  if (text === '') throw refusal('EOF')
  const bad = (at: number, why: string) =>
    refusal(`parse error on line 1, column ${Buffer.byteLength(text.slice(0, at)) + 1}: ${why}`)
  const fields: string[] = []
  for (let at = 0, isLast = false; !isLast; ) {
    const rest = text.slice(at)
    const [quoted, inner = '', closing] = /^"((?:[^"]|"")*)("?)/.exec(rest) ?? []
    const [plain = ''] = /^[^,\n]*/.exec(rest) ?? []
    const end = at + (quoted ?? plain).length
    isLast = end === text.length || text[end] === '\n'
    if (quoted !== undefined && !(closing && (isLast || text[end] === ',')))
      throw bad(closing ? end - 1 : end, 'extraneous or missing " in quoted-field')
    if (quoted === undefined && plain.includes('"'))
      throw bad(at + plain.indexOf('"'), 'bare " in non-quoted-field')
    fields.push(quoted === undefined ? plain : inner.replaceAll('""', '"'))
    at = end + 1
  }
  return fields
}
