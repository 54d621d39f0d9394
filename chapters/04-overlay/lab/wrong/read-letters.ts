// finds changes-in
// New and changed are mixed up.
export function changesIn(names: Name[]): string[] {
  return names.flatMap(({ path, type, device, isInImage, isChanged }) => {
    if (type === 'character special file' && device === '0:0') return [`D ${path}`]
    if (type !== 'directory') return [`C ${path}`]
    return isChanged ? [isInImage ? `C ${path}` : `A ${path}`] : []
  })
}
