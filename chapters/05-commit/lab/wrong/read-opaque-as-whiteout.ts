// finds headers-read
// The mark of an opaque directory is read as a whiteout.
export function effectsOf(headers: string[]): Effect[] {
  return headers.map((header): Effect => {
    const prefix = textIn(header, 345, 155)
    const path = (prefix ? `${prefix}/` : '') + textIn(header, 0, 100).replace(/\/$/, '')
    const [, above = '', mark, name = ''] = /^(.*\/)?(\.wh\.)?([^/]*)$/.exec(path) ?? []
    return mark ? { does: 'deletes', path: above + name } : { does: 'puts', path }
  })
}
