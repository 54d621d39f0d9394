// finds changes-are-in
// Only nine bits of the mode are kept.
export function layerEntries(facts: UpperFact[]): LayerEntry[] {
  return facts.map((fact) => ({ ...fact, mode: fact.mode & 0o777 }))
}
