// finds one-file-stays-one
// Only the first name of a file is in the layer.
export function layerEntries(facts: UpperFact[]): LayerEntry[] {
  const seen = new Set<string>()
  return facts.filter(({ inode, links, type }) => {
    if (links === 1 || type === 'directory') return true
    const isNew = !seen.has(inode)
    seen.add(inode)
    return isNew
  })
}
