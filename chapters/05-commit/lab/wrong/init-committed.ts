// finds init-stays-behind
// Everything in upper is taken for what the container made.
export function layerEntries(facts: UpperFact[]): LayerEntry[] {
  return facts
}
