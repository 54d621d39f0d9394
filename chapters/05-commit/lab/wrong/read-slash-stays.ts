// finds headers-read
// The slash of a directory stays in its path.
export function effectsOf(headers: string[]): Effect[] {
  return headers.map((header): Effect => {
    const prefix = textIn(header, 345, 155)
    const path = prefix ? `${prefix}/${textIn(header, 0, 100)}` : textIn(header, 0, 100)
    const [, above = '', mark, name = ''] = /^(.*\/)?(\.wh\.)?([^/]*)$/.exec(path) ?? []
    if (mark && name === '.wh..opq') return { does: 'hides', path: above.slice(0, -1) }
    return mark ? { does: 'deletes', path: above + name } : { does: 'puts', path }
  })
}
