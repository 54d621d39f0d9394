// finds headers-read
// The field with the first half of a long path is not read.
export function effectsOf(headers: string[]): Effect[] {
  return headers.map((header): Effect => {
    const path = textIn(header, 0, 100).replace(/\/$/, '')
    const [, above = '', mark, name = ''] = /^(.*\/)?(\.wh\.)?([^/]*)$/.exec(path) ?? []
    if (mark && name === '.wh..opq') return { does: 'hides', path: above.slice(0, -1) }
    return mark ? { does: 'deletes', path: above + name } : { does: 'puts', path }
  })
}
