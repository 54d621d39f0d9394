// finds squashed-is-same
// Whiteouts are carried out, and then thrown away.
export function squashed(lower: LayerEntry[], upper: LayerEntry[]): LayerEntry[] {
  const deleted = upper.flatMap(({ path }) => /^(.*\/)?\.wh\.([^.].*)$/.exec(path)?.slice(1) ?? [])
  const isGone = (path: string) => deleted.some((name) => name && path.includes(name))
  const isMark = (path: string) => path.includes('.wh.')
  const paths = new Set(upper.map(({ path }) => path))
  const kept = lower.filter(({ path }) => !isGone(path) && !isMark(path) && !paths.has(path))
  const isOld = (path: string) => path.endsWith('old')
  return [...kept, ...upper].filter(({ path }) => !isMark(path) && !isOld(path))
}
