// finds changes-in
// A directory counts whenever it is there.
export function changesIn(names: Name[]): string[] {
  return names.flatMap(({ path, type, device, isInImage }) => {
    if (type === 'character special file' && device === '0:0') return [`D ${path}`]
    return [isInImage ? `C ${path}` : `A ${path}`]
  })
}
