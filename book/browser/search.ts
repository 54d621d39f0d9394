/** The search dialog. It is loaded at the first use, after the texts (`texts-en.js`). */
import { find, indexOf, type Entry, type Found } from '../search/find.ts'
import { words } from './page/words.ts'

declare global {
  var stepboxTexts: Entry[]
}

const said = words()
const index = indexOf(globalThis.stepboxTexts)
const dialog = document.createElement('dialog')
dialog.className = 'search'
dialog.setAttribute('aria-label', said.search)
dialog.innerHTML = `<input type="search" aria-label="${said.search}" placeholder="${said.search}"
autocomplete="off" spellcheck="false"><p class="said" role="status"></p><ol class="found"></ol>`
document.body.append(dialog)

const input = dialog.querySelector('input') as HTMLInputElement
const status = dialog.querySelector('.said') as HTMLElement
const list = dialog.querySelector('.found') as HTMLElement

input.addEventListener('input', show)
dialog.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') dialog.close() // the first one would only empty the field
  if (event.key === 'ArrowDown') move(event, 1)
  if (event.key === 'ArrowUp') move(event, -1)
  if (event.key === 'Enter' && event.target === input) links()[0]?.click()
})
dialog.addEventListener('click', ({ target }) => {
  const isOutside = target === dialog
  if (isOutside || (target instanceof Element && target.closest('a'))) dialog.close()
})
addEventListener('stepbox-search', open)
open()

function open(): void {
  if (!dialog.open) dialog.showModal()
  input.focus()
  input.select()
}

function show(): void {
  const results = find(index, input.value)
  status.textContent = input.value.trim() === '' ? '' : count(results.length)
  list.replaceChildren(...results.map(item))
}

function count(number: number): string {
  return number === 0 ? said.nothing : `${number} ${said.found}`
}

function item({ entry, excerpt }: Found): HTMLLIElement {
  const [page, id, heading, title] = entry
  const { up = '' } = document.body.dataset
  const link = document.createElement('a')
  link.href = `${up}${page}${id ? `#${encodeURIComponent(id)}` : ''}`
  const where = document.createElement('small')
  where.textContent = title
  const what = document.createElement('small')
  what.append(...marked(excerpt))
  link.append(...marked(heading), where, what)
  const line = document.createElement('li')
  line.append(link)
  return line
}

/** `text` with what was typed marked in it. */
function marked(text: string): (Node | string)[] {
  const terms = input.value.trim().split(/\s+/).filter(Boolean).map(escaped)
  if (terms.length === 0) return [text]
  return text.split(new RegExp(`(${terms.join('|')})`, 'giu')).map((part, at) => {
    if (at % 2 === 0) return part
    const mark = document.createElement('mark')
    mark.textContent = part
    return mark
  })
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}

function links(): HTMLAnchorElement[] {
  return [...list.querySelectorAll('a')]
}

/** To the next or the previous result, or back to what is typed. */
function move(event: Event, by: number): void {
  event.preventDefault()
  const all = [input, ...links()]
  const at = all.indexOf(document.activeElement as HTMLAnchorElement)
  all[Math.min(Math.max(at + by, 0), all.length - 1)]?.focus()
}
