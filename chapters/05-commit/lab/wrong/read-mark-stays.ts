// finds headers-read
// The prefix of a whiteout stays in the path that it deletes.
export function effectsOf(headers: string[]): Effect[] {
  return headers.map((header): Effect => {
    const prefix = textIn(header, 345, 155)
    const path = (prefix ? `${prefix}/` : '') + textIn(header, 0, 100).replace(/\/$/, '')
    if (path.endsWith('.wh..wh..opq')) return { does: 'hides', path: path.slice(0, -13) }
    return path.includes('.wh.') ? { does: 'deletes', path } : { does: 'puts', path }
  })
}
