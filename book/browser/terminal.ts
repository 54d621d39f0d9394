/** A terminal of xterm.js in a place of the page. Loaded at the first use only. */
import { FitAddon } from '@xterm/addon-fit'
import { Terminal } from '@xterm/xterm'
import css from '@xterm/xterm/css/xterm.css'
import { themeNow } from './live/colours.ts'
import { leaveKey, type Screen } from './live/screen.ts'

const style = document.createElement('style')
style.textContent = css
document.head.append(style)

globalThis.stepboxScreen = (place, { label, onType, onSize, onLeave }): Screen => {
  const still = matchMedia('(prefers-reduced-motion: reduce)')
  const terminal = new Terminal({
    fontFamily: getComputedStyle(place).fontFamily,
    fontSize: 13.5,
    lineHeight: 1.2,
    scrollback: 5000,
    screenReaderMode: true,
    cursorBlink: !still.matches,
    theme: themeNow(),
  })
  const fit = new FitAddon()
  terminal.loadAddon(fit)
  terminal.open(place)
  terminal.textarea?.setAttribute('aria-label', label)
  terminal.attachCustomKeyEventHandler((event) => {
    if (event.key !== leaveKey) return true
    event.preventDefault()
    if (event.type === 'keydown') onLeave()
    return false
  })
  terminal.onData(onType)
  terminal.onBinary(onType)
  terminal.onResize(({ cols, rows }) => onSize(cols, rows))
  new ResizeObserver(() => place.clientHeight > 0 && fit.fit()).observe(place)
  const recolour = (): void => void (terminal.options.theme = themeNow())
  const themes = { attributes: true, attributeFilter: ['data-theme'] }
  new MutationObserver(recolour).observe(document.documentElement, themes)
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', recolour)
  still.addEventListener('change', () => (terminal.options.cursorBlink = !still.matches))
  fit.fit()
  return {
    size: () => [terminal.cols, terminal.rows],
    write: (data) => terminal.write(data),
    focus: () => terminal.focus(),
    reset: () => terminal.reset(),
  }
}
