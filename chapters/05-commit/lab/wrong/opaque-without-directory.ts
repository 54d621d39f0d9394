// finds replaced-is-opaque
// The mark takes the place of the directory.
export function layerEntries(facts: UpperFact[]): LayerEntry[] {
  return facts.map((fact) => (fact.isOpaque ? emptyFile(`${fact.path}/.wh..wh..opq`) : fact))
}
