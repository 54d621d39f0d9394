// finds replaced-is-opaque
// The mark of an opaque directory has one .wh. too few.
export function layerEntries(facts: UpperFact[]): LayerEntry[] {
  return facts.flatMap((fact) =>
    fact.isOpaque ? [fact, emptyFile(`${fact.path}/.wh..opq`)] : [fact],
  )
}
