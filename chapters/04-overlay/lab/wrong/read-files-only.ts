// finds changes-in
// No directory counts.
export function changesIn(names: Name[]): string[] {
  return names.flatMap(({ path, type, device, isInImage }) => {
    if (type === 'directory') return []
    if (type === 'character special file' && device === '0:0') return [`D ${path}`]
    return [isInImage ? `C ${path}` : `A ${path}`]
  })
}
