// finds init-stays-behind
// The init layer is left out by the name of its directory.
export function layerEntries(facts: UpperFact[]): LayerEntry[] {
  return facts.filter(({ path }) => path !== 'etc' && !path.startsWith('etc/'))
}
