// finds deleted-is-whiteout
// A whiteout keeps the type that its fact has.
export function layerEntries(facts: UpperFact[]): LayerEntry[] {
  return facts
    .filter(({ isInit }) => !isInit)
    .map((fact) =>
      fact.isWhiteout ? { ...fact, path: fact.path.replace(/([^/]*)$/, '.wh.$1') } : fact,
    )
}
