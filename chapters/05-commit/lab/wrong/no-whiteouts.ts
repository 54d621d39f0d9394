// finds deleted-is-whiteout
// Deleted names are left out, as if an archive could say nothing of them.
export function layerEntries(facts: UpperFact[]): LayerEntry[] {
  return facts.filter(({ isInit, isWhiteout }) => !isInit && !isWhiteout)
}
