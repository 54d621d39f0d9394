// finds one-file-stays-one
// The last name has the content, and the others link forward to it.
export function layerEntries(facts: UpperFact[]): LayerEntry[] {
  const last = new Map(facts.map(({ inode, path }) => [inode, path]))
  return facts.map((fact): LayerEntry => {
    const target = last.get(fact.inode)
    if (fact.links === 1 || fact.type !== 'file' || target === undefined) return fact
    return target === fact.path ? fact : { ...fact, type: 'hardlink', size: 0, target }
  })
}
