/**
 * Keys of one letter, which can be switched off: they get in the way of who speaks to the computer.
 * Arrows stay the browser's.
 */
import { openSearch } from './open-search.ts'
import { store } from './store.ts'
import { words } from './words.ts'

export function listenToKeys(): void {
  addEventListener('keydown', (event) => {
    const { key, ctrlKey, metaKey, altKey, target } = event
    if ((ctrlKey || metaKey) && key === 'k') return (event.preventDefault(), openSearch())
    if (ctrlKey || metaKey || altKey || isTyping(target)) return
    if (store.get('keys') === 'off' || document.querySelector('dialog[open]')) return
    const action = actions[key]
    if (!action) return
    event.preventDefault()
    action()
  })
}

const actions: Record<string, () => void> = {
  '/': openSearch,
  '?': showKeys,
  n: () => turn('next'),
  p: () => turn('prev'),
  t: () => document.querySelector<HTMLElement>('.switch-theme')?.click(),
  c: () => document.querySelector<HTMLElement>('.open-terminal')?.click(),
}

/** Letters belong to what is typed into, and to parts of the page that have keys themselves. */
function isTyping(target: EventTarget | null): boolean {
  const own = 'input, textarea, select, [contenteditable], [data-own-keys]'
  return target instanceof Element && target.closest(own) !== null
}

function turn(rel: 'next' | 'prev'): void {
  document.querySelector<HTMLElement>(`.turn [rel="${rel}"]`)?.click()
}

function showKeys(): void {
  const said = words()
  const rows = [
    ['/', said.toSearch],
    ['?', said.toKeys],
    ['n', said.toNext],
    ['p', said.toPrevious],
    ['t', said.toTheme],
    ...(document.querySelector('.open-terminal') ? [['c', said.toTerminal]] : []),
  ]
  const dialog = document.createElement('dialog')
  dialog.className = 'keys'
  dialog.setAttribute('aria-label', said.keys)
  const list = rows.map(([key, text]) => `<dt><kbd>${key}</kbd></dt><dd>${text}</dd>`).join('')
  dialog.innerHTML = `<h2>${said.keys}</h2><dl>${list}</dl>
<p><label><input type="checkbox"> ${said.keysOn}</label></p>
<form method="dialog"><button>${said.close}</button></form>`
  const box = dialog.querySelector('input')
  if (box) {
    box.checked = true
    box.addEventListener('change', () => store.set('keys', box.checked ? 'on' : 'off'))
  }
  dialog.addEventListener('close', () => dialog.remove())
  document.body.append(dialog)
  dialog.showModal()
}
