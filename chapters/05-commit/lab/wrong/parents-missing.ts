// finds changes-are-in
// Directories are left out: the files in them bring them along.
export function layerEntries(facts: UpperFact[]): LayerEntry[] {
  return facts.filter(({ type }) => type !== 'directory')
}
