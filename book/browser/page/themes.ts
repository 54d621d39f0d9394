/** The switch of the theme: automatic, light, dark. theme.js applies it at the next page. */
import { store } from './store.ts'
import { words } from './words.ts'

const themes = ['auto', 'light', 'dark'] as const

export function switchTheme(): void {
  const button = document.querySelector<HTMLButtonElement>('.switch-theme')
  if (!button) return
  const name = (): (typeof themes)[number] => {
    const { theme } = document.documentElement.dataset
    return theme === 'light' || theme === 'dark' ? theme : 'auto'
  }
  const show = (): void => {
    const text = `${button.dataset['label'] ?? ''}: ${words()[name()]}`
    button.title = text
    button.setAttribute('aria-label', text)
  }
  button.addEventListener('click', () => {
    const next = themes[(themes.indexOf(name()) + 1) % themes.length] ?? 'auto'
    if (next === 'auto') delete document.documentElement.dataset['theme']
    else document.documentElement.dataset['theme'] = next
    store.set('theme', next)
    show()
  })
  show()
}
