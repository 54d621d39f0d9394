/** Only where the server added it: a terminal, sessions and tests that run, if they can here. */
import { askServer, chapterHere } from './live/can.ts'
import { drawer } from './live/drawer.ts'
import { addRunButtons } from './live/runs.ts'
import { addTests } from './live/tests.ts'
import { liveWords } from './live/words.ts'

const words = liveWords()

void (async () => {
  const can = await askServer().catch(() => undefined) // ignoring: the server has just ended
  if (!can) return
  if (!can.live) return sayWhyNot(document.documentElement.lang === 'zh' ? can.zh : can.why)
  const panel = drawer(words)
  addOpenButton(panel.toggle)
  if (!can.chapters.includes(chapterHere())) return
  addRunButtons(panel, words)
  addTests(can.workspace, words)
})()

/** After the name of the book, where the bar has room, so that nothing moves. */
function addOpenButton(toggle: () => void): void {
  const button = document.createElement('button')
  button.className = 'open-terminal'
  button.title = words.openTerminal
  button.setAttribute('aria-label', words.openTerminal)
  button.setAttribute('aria-expanded', 'false')
  button.innerHTML = `<svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
<rect x="2.5" y="3.5" width="15" height="13" rx="2"/><path d="m6 8 2.5 2.5L6 13M10.5 13H14"/></svg>
<span>${words.terminal}</span>`
  button.addEventListener('click', toggle)
  document.querySelector('.bar .home')?.after(button)
}

function sayWhyNot(why: string): void {
  const line = document.createElement('p')
  line.className = 'live-off'
  line.textContent = `${words.off} ${why}`
  document.querySelector('main')?.append(line)
}
