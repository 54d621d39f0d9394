// finds deleted-is-whiteout
// Hard links are looked for first, and all whiteouts are names of one file.
export function layerEntries(facts: UpperFact[]): LayerEntry[] {
  const seen = new Map<string, string>()
  return facts.filter(({ isInit }) => !isInit).flatMap((fact): LayerEntry[] => {
    const first = seen.get(fact.inode)
    if (fact.links > 1 && fact.type !== 'directory') {
      if (first !== undefined) return [{ ...fact, type: 'hardlink', size: 0, target: first }]
      seen.set(fact.inode, fact.path)
    }
    if (!fact.isWhiteout) return [fact]
    const cut = fact.path.lastIndexOf('/') + 1
    return [emptyFile(`${fact.path.slice(0, cut)}.wh.${fact.path.slice(cut)}`)]
  })
}
