/** The layers of a container as HTML: a place for the explorer, and a table without scripts. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { escapeHtml } from '../highlight.ts'
import { root } from '../links.ts'
import { fill } from '../walk/words.ts'
import { entryInWords, isChanged, sentencesOf } from './about.ts'
import { mergedTree, type MergedPath, type RecordedLayers } from './tree.ts'
import { layerName, layerWords, type LayerWords } from './words.ts'

/** The layers in `chapters/<slug>/layers.json`, for a page `up` from which is the top. */
export function layersFigure(slug: string, { tag, up }: { tag: string; up: string }): string {
  const recorded = recordedLayers(slug)
  const words = layerWords(tag)
  const names = recorded.layers.map(({ name }) => name)
  const all = mergedTree(recorded.layers)
  const changed = all.filter(isChanged)
  const heads = names.map((_, at) => `<th>${layerName(at, names, words)}</th>`)
  const base = layerName(names.length - 1, names, words)
  const typed = recorded.commands.map((line) => `$ ${line}`).join('\n')
  return `<section class="layers" data-layers="${slug.slice(0, 2)}" aria-label="${words.title}">
<pre class="console"><code tabindex="0">${escapeHtml(typed)}</code></pre>
<div class="layers-stage"></div>
<div class="wide layers-table" tabindex="0"><table>
<thead><tr><th>${words.path}</th>${heads.join('')}<th>${words.sees}</th></tr></thead>
<tbody>
${changed.map((found) => row(found, names, words)).join('\n')}
</tbody></table></div>
<p class="facts">${fill(words.rest, { n: all.length - changed.length, layer: base })}</p>
<script src="${up}layers.js" defer></script>
</section>
`
}

/** The layers as a classic script, as `walkScript`. */
export function layersScript(slug: string): string {
  const name = slug.slice(0, 2)
  const data = JSON.stringify(recordedLayers(slug))
  return `(globalThis.stepboxLayers??={})["${name}"]=${data}\n`
}

function recordedLayers(slug: string): RecordedLayers {
  const text = readFileSync(join(root, 'chapters', slug, 'layers.json'), 'utf8')
  return JSON.parse(text) as RecordedLayers
}

function row(found: MergedPath, names: string[], words: LayerWords): string {
  const cells = found.entries.map((entry) => {
    return `<td>${entry ? escapeHtml(entryInWords(entry, words)) : ''}</td>`
  })
  const said = sentencesOf(found, names, words)[0] ?? ''
  const head = `<th scope="row"><code>/${escapeHtml(found.path)}</code></th>`
  return `<tr>${head}${cells.join('')}<td>${said}</td></tr>`
}
