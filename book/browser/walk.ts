/** The players of the page. What they play is loaded when they come into view, or on first use. */
import { walkWords } from '../walk/words.ts'
import { addSources } from './live/sources.ts'
import { openPlayer } from './walk/player.ts'
import { loadWalk } from './walk/scenes.ts'

const words = walkWords(document.documentElement.lang)

for (const section of document.querySelectorAll<HTMLElement>('.walk')) prepare(section)

/** Open the player once the section is seen, or its button is pressed. */
function prepare(section: HTMLElement): void {
  const stage = section.querySelector<HTMLElement>('.stage')
  if (!stage || section.dataset['isReady']) return
  section.dataset['isReady'] = 'yes'
  let isOpened = false
  const open = async (isPressed = false) => {
    if (isOpened) return
    isOpened = true
    observer.disconnect()
    try {
      openPlayer(stage, { data: await loadWalk(section.dataset['walk'] ?? ''), words })
      if (isPressed) stage.querySelector<HTMLElement>('[data-do="play"]')?.focus()
    } catch {
      stage.textContent = words.failed
    }
  }
  const observer = new IntersectionObserver((entries) => {
    if (entries.some(({ isIntersecting }) => isIntersecting)) void open()
  })
  observer.observe(stage)
  void addSources(section, words)
  stage.querySelector('button')?.addEventListener('click', () => void open(true))
}
