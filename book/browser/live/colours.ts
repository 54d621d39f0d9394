/** The colours of a terminal: those of the page, in the theme that it has now. */
import type { ITheme } from '@xterm/xterm'

/** The sixteen colours of a terminal, by the names that the page's colours have. */
const names = {
  background: 'paper',
  foreground: 'ink',
  cursor: 'link',
  cursorAccent: 'paper',
  selectionBackground: 'target',
  black: 'ink',
  red: 'break',
  green: 'run',
  yellow: 'hole',
  blue: 'link',
  magenta: 'keyword',
  cyan: 'host',
  white: 'faint',
  brightBlack: 'faint',
  brightRed: 'break',
  brightGreen: 'run',
  brightYellow: 'hole',
  brightBlue: 'link',
  brightMagenta: 'keyword',
  brightCyan: 'host',
  brightWhite: 'ink',
} as const satisfies Partial<Record<keyof ITheme, string>>

/** A browser resolves `light-dark()` only where a colour is used. */
export function themeNow(): ITheme {
  const probe = document.createElement('i')
  probe.hidden = true
  document.body.append(probe)
  const entries = Object.entries(names).map(([name, own]) => {
    probe.style.color = `var(--${own})`
    return [name, getComputedStyle(probe).color] as const
  })
  probe.remove()
  return Object.fromEntries(entries)
}
