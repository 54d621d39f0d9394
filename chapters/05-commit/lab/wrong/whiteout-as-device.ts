// finds deleted-is-whiteout
// overlayfs's own mark goes into the archive as it is.
export function layerEntries(facts: UpperFact[]): LayerEntry[] {
  return facts.filter(({ isInit }) => !isInit)
}
