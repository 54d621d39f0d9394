// finds changes-in
// Every character device is taken for a whiteout.
export function changesIn(names: Name[]): string[] {
  return names.flatMap(({ path, type, isInImage, isChanged }) => {
    if (type === 'character special file') return [`D ${path}`]
    if (!isInImage) return [`A ${path}`]
    return type !== 'directory' || isChanged ? [`C ${path}`] : []
  })
}
