/** The switch of a player: the recorded walk, a live one, one through the learner's workspace. */
import type { WalkWords } from '../../walk/words.ts'
import { loadWalk } from '../walk/scenes.ts'
import { startWalk } from './walk.ts'
import { liveWords } from './words.ts'

/** Put the switch where the page has a place for it, if this machine can. */
export async function addSources(section: HTMLElement, words: WalkWords): Promise<void> {
  const place = section.querySelector<HTMLElement>('.live-walk')
  const stage = section.querySelector<HTMLElement>('.stage')
  const can = await globalThis.stepboxCan?.catch(() => undefined) // ignoring: live.js says so
  if (!place || !stage || !can?.live) return
  const said = liveWords()
  const choices: [label: string, query: string | undefined][] = [
    [said.recorded, undefined],
    [said.live, ''],
    ...(can.workspace === null ? [] : [[said.yours, '&workspace=1'] as [string, string]]),
  ]
  place.innerHTML = `<div class="walk-sources" role="group" aria-label="${said.source}"></div>
<p role="status"></p>`
  const status = place.querySelector('p')
  const buttons = choices.map(([label]) => {
    const button = document.createElement('button')
    button.type = 'button'
    button.textContent = label
    place.firstElementChild?.append(button)
    return button
  })
  const own = document.createElement('div')
  own.className = 'stage walk-live'
  own.hidden = true
  stage.after(own)
  let end = (): void => {}
  const recorded = await loadWalk(section.dataset['walk'] ?? '')
  const choose = (at: number): void => {
    end()
    end = () => {}
    const query = choices[at]?.[1]
    for (const [index, button] of buttons.entries())
      button.setAttribute('aria-pressed', String(index === at))
    own.replaceChildren()
    own.hidden = query === undefined
    stage.hidden = query !== undefined
    if (status) status.textContent = query === undefined ? '' : said.starting
    if (query === undefined || !status) return
    end = startWalk({ stage: own, status, query, recorded, words, restart: () => choose(at) })
  }
  for (const [at, button] of buttons.entries()) button.addEventListener('click', () => choose(at))
  choose(0)
}
