// finds changes-are-in
// Only regular files and directories are taken.
export function layerEntries(facts: UpperFact[]): LayerEntry[] {
  return facts.filter(({ type }) => type === 'file' || type === 'directory')
}
