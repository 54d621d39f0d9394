// finds one-file-stays-one
// Each name of a file is a file.
export function layerEntries(facts: UpperFact[]): LayerEntry[] {
  return facts.filter(({ isInit }) => !isInit)
}
