/** A link to a recording, alone in a paragraph, becomes what plays it. */
import type { Target } from '../links.ts'
import { layersFigure } from '../layers/figure.ts'
import { walkFigure } from './figure.ts'

/**
 * The player or the explorer for the file `target`, in a text of the file `from`; undefined for any
 * other file.
 */
export function explorableOf(
  { path }: Target,
  from: string,
  hrefOf: (target: Target) => string | undefined,
): string | undefined {
  const [, slug, kind] = /^chapters\/(\d\d-[^/]+)\/(walk|layers)\.json$/.exec(path) ?? []
  if (!slug) return undefined
  const isChinese = from.endsWith('.zh.md')
  const place = isChinese ? { tag: 'zh', up: '../' } : { tag: 'en', up: '' }
  return kind === 'walk' ? walkFigure(slug, { ...place, hrefOf }) : layersFigure(slug, place)
}
