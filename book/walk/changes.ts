/** The changes that a call caused, as HTML or words. Runs in browsers, too. */
import { escapeHtml } from '../highlight.ts'
import type { WalkChange } from './scene.ts'

const signs = { '+': 'more', '-': 'less', '~': 'other' } as const

/** Empty if there are none. `tag` is the language of the page. */
export function changeList(changes: WalkChange[], tag: string): string {
  if (changes.length === 0) return ''
  const items = changes.map((change) => {
    const { sign } = change
    const { topic, text } = wordsOf(change, tag)
    return `<li class="${signs[sign]}"><b>${sign}</b> ${topic} ${escapeHtml(text)}</li>`
  })
  return `<ul class="changes">${items.join('')}</ul>`
}

/** The same in one line. */
export function changesInWords(changes: WalkChange[], tag: string): string {
  const all = changes.map((change) => {
    const { topic, text } = wordsOf(change, tag)
    return `${change.sign} ${topic} ${text}`
  })
  return all.join('; ')
}

function wordsOf(change: WalkChange, tag: string): Pick<WalkChange, 'topic' | 'text'> {
  return tag.startsWith('zh') ? (change.chinese ?? change) : change
}
