// finds replaced-is-opaque
// A directory that was made anew is an ordinary directory.
export function layerEntries(facts: UpperFact[]): LayerEntry[] {
  return facts.filter(({ isInit, isWhiteout }) => !isInit && !isWhiteout)
}
