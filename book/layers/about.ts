/** What there is to say of a path. Runs in browsers, too. */
import { fill } from '../walk/words.ts'
import type { LayerEntry, MergedPath } from './tree.ts'
import { layerName, type LayerWords } from './words.ts'

/** From which layer it is, and what that hides, in sentences. */
export function sentencesOf(found: MergedPath, names: string[], words: LayerWords): string[] {
  const name = (at: number) => layerName(at, names, words)
  const hows = { file: words.byFile, whiteout: words.byWhiteout, opaque: words.byOpaque }
  const hidden = found.hidden
    .filter(({ layer }) => found.entries[layer]?.kind !== 'whiteout')
    .map(({ layer, by, how }) => fill(hows[how], { layer: name(layer), by: name(by) }))
  return [seenFrom(found, name, words), ...hidden]
}

function seenFrom({ merged }: MergedPath, name: (at: number) => string, words: LayerWords): string {
  if (merged.length === 0) return words.gone
  const text = merged.length > 1 ? words.fromSeveral : words.fromOne
  return fill(text, { layer: merged.map(name).join(', ') })
}

/** An entry in a few words: `file 644, 12 bytes`. */
export function entryInWords(entry: LayerEntry | undefined, words: LayerWords): string {
  if (!entry) return words.nothing
  const { kind, mode, sizeBytes, target, isOpaque } = entry
  if (kind === 'whiteout') return words.whiteout
  if (kind === 'link') return `${words.link} → ${target}`
  const size = kind === 'file' ? `, ${fill(words.bytes, { n: sizeBytes })}` : ''
  return `${words[kind]} ${mode}${size}${isOpaque ? `, ${words.opaque}` : ''}`
}

/** Whether a layer above the lowest has something to do with it. */
export function isChanged({ entries, hidden }: MergedPath): boolean {
  return hidden.length > 0 || entries.slice(0, -1).some((each) => each !== undefined)
}
