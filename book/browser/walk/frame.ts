/** What of the player stays while the walk goes on: its buttons, its list, places for the rest. */
import { escapeHtml } from '../../highlight.ts'
import type { WalkData } from '../../walk/scene.ts'
import { fill, type WalkWords } from '../../walk/words.ts'

const icons = {
  first: '<path d="M5 4v12M16 4 8 10l8 6z"/>',
  back: '<path d="M14 4 6 10l8 6z"/>',
  play:
    '<path class="to-play" d="m6 3 11 7-11 7z"/>' +
    '<path class="to-pause" d="M6 4h3v12H6zM11 4h3v12h-3z"/>',
  forward: '<path d="m6 4 8 6-8 6z"/>',
  last: '<path d="M15 4v12M4 4l8 6-8 6z"/>',
}

/** The HTML of the player before the first call. A live walk has its whole list from the start. */
export function frameOf(data: WalkData, words: WalkWords, isLive: boolean): string {
  const { plan, frames, chapter } = data
  const labels = {
    first: words.first,
    back: words.back,
    play: words.start,
    forward: words.forward,
    last: words.last,
  }
  const buttons = Object.entries(labels).map(([name, label]) => {
    const icon = icons[name as keyof typeof icons]
    return `<button data-do="${name}" aria-label="${label}" title="${label}">
<svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">${icon}</svg></button>`
  })
  const listed = isLive ? plan.map((_, index) => ({ index })) : frames
  const calls = listed.map(({ index }, at) => {
    const line = plan[index]
    const mark = line?.chapter === chapter ? ' class="new"' : ''
    const text = escapeHtml(line?.strace ?? '')
    return `<li><button${mark} data-at="${at + 1}"><i>${line?.step}</i> ${text}</button></li>`
  })
  const earlier = String(chapter - 1).padStart(2, '0')
  const beside =
    earlier !== '00' && !isLive
      ? `<button data-do="beside" data-chapter="${earlier}" aria-expanded="false">${
          fill(words.beside, { n: chapter - 1 })
        }</button>`
      : ''
  return `<div class="player" tabindex="-1">
<div class="player-head"><code><b>$</b> ${escapeHtml(data.command)}</code>
<span>${beside}<button data-do="full">${words.full}</button></span></div>
<div class="player-bar">${buttons.join('')}
<input type="range" min="0" max="${listed.length}" value="0" aria-label="${words.place}">
<span class="place"></span></div>
<div class="beside" hidden></div>
<div class="player-body"><ol class="player-calls">${calls.join('')}</ol>
<div class="step-now"></div>
<div class="pictures"></div></div>
<p class="hint">${words.keys}</p>
<p class="live" aria-live="polite"></p>
</div>`
}
