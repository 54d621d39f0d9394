/** The merged tree of a container; a path shows what each layer has under it. */
import { escapeHtml } from '../../highlight.ts'
import { entryInWords, isChanged, sentencesOf } from '../../layers/about.ts'
import { mergedTree, type MergedPath, type RecordedLayers } from '../../layers/tree.ts'
import { layerName, type LayerWords } from '../../layers/words.ts'

interface Explorer {
  paths: MergedPath[]
  names: string[]
  words: LayerWords
}

/** Put an explorer of `data` into `stage`. */
export function openExplorer(stage: HTMLElement, data: RecordedLayers, words: LayerWords): void {
  const names = data.layers.map(({ name }) => name)
  const explorer = { paths: mergedTree(data.layers), names, words }
  stage.innerHTML = `<div class="explorer only-changed">
<div class="explorer-tree"><h4>${words.merged}</h4>
<label><input type="checkbox" checked> ${words.only}</label>
<div class="scroll">${branch('', explorer)}</div></div>
<div class="explorer-path" aria-live="polite"></div>
</div>`
  const element = stage.firstElementChild as HTMLElement
  element.addEventListener('click', ({ target }) => onClick(element, target as Element, explorer))
  element.querySelector('input')?.addEventListener('change', () => {
    element.classList.toggle('only-changed')
  })
  const first = explorer.paths.find(({ hidden }) => hidden.length > 0) ?? explorer.paths[0]
  if (first) choose(element, first.path, explorer)
}

function onClick(element: HTMLElement, target: Element, explorer: Explorer): void {
  const button = target.closest('button')
  if (!button) return
  const path = button.dataset['path']
  if (path !== undefined) return choose(element, path, explorer)
  const isOpen = button.getAttribute('aria-expanded') === 'true'
  button.setAttribute('aria-expanded', String(!isOpen))
}

/** The names in the directory `above`. A directory with a change in it is unfolded. */
function branch(above: string, explorer: Explorer): string {
  const depth = above === '' ? 0 : above.split('/').length
  const prefix = above === '' ? '' : `${above}/`
  const items = explorer.paths
    .filter(({ path }) => path.startsWith(prefix) && path.split('/').length === depth + 1)
    .map((found) => item(found, explorer))
  return `<ul>${items.join('')}</ul>`
}

function item(found: MergedPath, explorer: Explorer): string {
  const { path, seen, entries } = found
  const isDirectory = entries.some((each) => each?.kind === 'directory')
  const inside = explorer.paths.filter((each) => each.path.startsWith(`${path}/`))
  const changed = isChanged(found) || inside.some(isChanged)
  const name = escapeHtml(path.replace(/^.*\//, ''))
  const fold = inside.length
    ? `<button class="fold" aria-expanded="${inside.some(isChanged)}"
aria-label="${explorer.words.fold} ${name}"></button>`
    : ''
  const isUnseen = seen === undefined
  const unseen = `<s class="chip">${explorer.words.unseen}</s>`
  const chip = isUnseen ? unseen : layerChip(seen, explorer)
  return `<li class="${changed ? 'changed' : 'same'}${isUnseen ? ' unseen' : ''}">
<div>${fold}<button class="name" data-path="${escapeHtml(path)}">
<code>${name}${isDirectory ? '/' : ''}</code></button> ${chip}</div>
${inside.length ? branch(path, explorer) : ''}</li>`
}

function layerChip(layer: number, { names, words }: Explorer): string {
  return `<span class="chip ${kindOf(names[layer])}">${layerName(layer, names, words)}</span>`
}

function kindOf(name = ''): string {
  return name === 'upper' || name === 'init' ? name : 'image'
}

/** Show a path in all layers. */
function choose(element: HTMLElement, path: string, explorer: Explorer): void {
  const found = explorer.paths.find((each) => each.path === path)
  const place = element.querySelector('.explorer-path')
  if (!found || !place) return
  const { names, words } = explorer
  const slabs = found.entries.map((entry, layer) => {
    const hidden = found.hidden.find((each) => each.layer === layer)
    const isSeen = found.merged.includes(layer)
    const state = !entry ? 'absent' : isSeen ? 'is-seen' : hidden ? 'is-hidden' : 'is-whiteout'
    const mark = isSeen ? words.seen : hidden ? words.hidden : ''
    const name = layerName(layer, names, words)
    return `<li class="slab ${kindOf(names[layer])} ${state}"><b>${name}</b>
<span>${escapeHtml(entryInWords(entry, words))}</span> <em>${mark}</em></li>`
  })
  const said = sentencesOf(found, names, words).map((text) => `<p>${escapeHtml(text)}</p>`)
  place.innerHTML = `<h4><code>/${escapeHtml(path)}</code></h4>
<ol class="stack">${slabs.join('')}</ol>${said.join('')}`
  for (const button of element.querySelectorAll<HTMLElement>('.name'))
    if (button.dataset['path'] === path) button.setAttribute('aria-current', 'true')
    else button.removeAttribute('aria-current')
}
