// finds changes-are-in
// An entry is a path and a type.
export function layerEntries(facts: UpperFact[]): LayerEntry[] {
  return facts.map(({ path, type }) => ({ path, type }) as LayerEntry)
}
