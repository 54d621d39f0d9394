// finds squashed-is-same
// The two lists are put one after the other.
export function squashed(lower: LayerEntry[], upper: LayerEntry[]): LayerEntry[] {
  return [...lower, ...upper]
}
