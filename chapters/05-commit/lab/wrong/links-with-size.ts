// finds one-file-stays-one
// A hard link keeps the size of the file.
export function layerEntries(facts: UpperFact[]): LayerEntry[] {
  const first = new Map<string, string>()
  return facts.map((fact): LayerEntry => {
    if (fact.links === 1 || fact.type !== 'file') return fact
    const target = first.get(fact.inode)
    if (target !== undefined) return { ...fact, type: 'hardlink', target }
    first.set(fact.inode, fact.path)
    return fact
  })
}
