// finds changes-in
// A whiteout is taken for a file.
export function changesIn(names: Name[]): string[] {
  return names.flatMap(({ path, type, isInImage, isChanged }) => {
    if (!isInImage) return [`A ${path}`]
    return type !== 'directory' || isChanged ? [`C ${path}`] : []
  })
}
