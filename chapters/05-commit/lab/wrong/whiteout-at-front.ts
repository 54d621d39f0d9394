// finds deleted-is-whiteout
// The prefix is put before the whole path, not before the last name.
export function layerEntries(facts: UpperFact[]): LayerEntry[] {
  return facts
    .filter(({ isInit }) => !isInit)
    .map((fact) => (fact.isWhiteout ? emptyFile(`.wh.${fact.path}`) : fact))
}
