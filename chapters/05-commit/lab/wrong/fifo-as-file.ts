// finds same-tree
// What is no directory and no link becomes a file.
export function layerEntries(facts: UpperFact[]): LayerEntry[] {
  const first = new Map<string, string>()
  return facts.filter(({ isInit }) => !isInit).flatMap((fact): LayerEntry[] => {
    const { path, inode, links, type } = fact
    if (fact.isWhiteout) return [emptyFile(path.replace(/([^/]*)$/, '.wh.$1'))]
    if (fact.isOpaque) return [fact, emptyFile(`${path}/.wh..wh..opq`)]
    const target = type === 'file' && links > 1 ? first.get(inode) : undefined
    if (target !== undefined) return [{ ...fact, type: 'hardlink', size: 0, target }]
    first.set(inode, path)
    return [type === 'fifo' ? { ...fact, type: 'file' } : fact]
  })
}
