/** The terminal at the bottom of the window, and the shell in it. */
import { loadScript } from '../walk/load.ts'
import { store } from '../page/store.ts'
import { chapterHere } from './can.ts'
import { leaveKey, type Screen } from './screen.ts'
import { connect, type Socket } from './socket.ts'
import { stretchable } from './stretch.ts'
import type { LiveWords } from './words.ts'

export interface Drawer {
  /** Open it; the shell is there afterwards. */
  open: () => Promise<void>
  toggle: () => void
  tell: (message: object) => void
  /** Ctrl-C. */
  interrupt: () => void
  /** Called with every message of the shell, and with `undefined` when it has ended. */
  listen: (then: (message: Record<string, unknown> | undefined) => void) => void
}

interface Shell {
  screen: Screen
  socket: Socket | undefined
}

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)

/** A drawer that is closed. Nothing is loaded or started before it is opened. */
export function drawer(words: LiveWords): Drawer {
  const panel = panelOf(words)
  const part = <E extends HTMLElement>(name: string): E => panel.querySelector<E>(`.${name}`)!
  const listeners: ((message: Record<string, unknown> | undefined) => void)[] = []
  let opening: Promise<Shell> | undefined
  let shell: Shell | undefined
  let from: HTMLElement | null = null
  const say = (message?: Record<string, unknown>): void =>
    listeners.forEach((each) => each(message))
  const leave = (): void => {
    const back = from?.isConnected && from !== document.body ? from : part('close-terminal')
    back.focus()
  }
  const start = async (): Promise<Shell> => {
    await loadScript('terminal.js')
    const screen = globalThis.stepboxScreen?.(part('screen'), {
      label: words.terminalLabel,
      onType: (text) => shell?.socket?.send(bytesOf(text)),
      onSize: (columns, rows) => shell?.socket?.tell({ resize: [columns, rows] }),
      onLeave: leave,
    })
    if (!screen) throw new Error('terminal.js')
    shell = { screen, socket: undefined }
    begin(shell)
    return shell
  }
  const begin = (own: Shell): void => {
    const [cols, rows] = own.screen.size()
    const chapter = chapterHere() ? `&chapter=${chapterHere()}` : ''
    let hasEnded = false
    part('fresh-shell').hidden = true
    own.socket = connect({
      path: `/live/shell?cols=${cols}&rows=${rows}${chapter}`,
      onBytes: (bytes) => own.screen.write(bytes),
      onMessage(message) {
        if ('exit' in message) hasEnded = true
        else say(message)
      },
      onClose() {
        own.socket = undefined
        own.screen.write(`\r\n${hasEnded ? words.ended : words.lost}\r\n`)
        part('fresh-shell').hidden = false
        say()
      },
    })
  }
  const isOpen = (): boolean => !panel.hidden
  const setOpen = (isWanted: boolean): void => {
    panel.hidden = !isWanted
    document.documentElement.classList.toggle('has-drawer', isWanted)
    document.querySelector('.open-terminal')?.setAttribute('aria-expanded', String(isWanted))
  }
  const open = async (): Promise<void> => {
    from = document.activeElement as HTMLElement | null
    setOpen(true)
    opening ??= start()
    const own = await opening
    if (!own.socket) {
      own.screen.reset()
      begin(own)
    }
    own.screen.focus()
  }
  const close = (): void => {
    setOpen(false)
    document.querySelector<HTMLElement>('.open-terminal')?.focus()
  }
  addEventListener('keydown', (event) => {
    if (event.key !== leaveKey || !isOpen() || panel.contains(event.target as Node)) return
    event.preventDefault()
    void open()
  })
  part('close-terminal').addEventListener('click', close)
  part('fresh-shell').addEventListener('click', () => void open())
  return {
    open,
    toggle: () => (isOpen() ? close() : void open()),
    tell: (message) => shell?.socket?.tell(message),
    interrupt: () => shell?.socket?.send(bytesOf('\x03')),
    listen: (then) => listeners.push(then),
  }
}

function panelOf(words: LiveWords): HTMLElement {
  const panel = document.createElement('section')
  panel.className = 'drawer'
  panel.hidden = true
  panel.dataset['ownKeys'] = ''
  panel.setAttribute('aria-label', words.terminal)
  panel.innerHTML = `<div class="drawer-edge" role="separator" tabindex="0"
aria-orientation="horizontal" aria-label="${words.resize}"></div>
<div class="drawer-head"><b>${words.terminal}</b><span class="leave">${words.leave}</span>
<button class="fresh-shell" hidden>${words.fresh}</button>
<button class="close-terminal" aria-label="${words.close}" title="${words.close}">
<svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true"><path d="m5 5 10 10M15 5 5 15"/>
</svg></button></div>
<div class="screen"></div>`
  document.body.append(panel)
  const edge = panel.querySelector<HTMLElement>('.drawer-edge')
  if (edge) stretchable(edge, store)
  return panel
}
