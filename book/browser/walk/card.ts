/** A picture of one part of the scene, with a heading. */
import { escapeHtml } from '../../highlight.ts'
import type { Scene } from '../../walk/scene.ts'
import type { WalkWords } from '../../walk/words.ts'

/** What a picture is drawn of. */
export interface View {
  now: Scene
  /** One call earlier. */
  before: Scene
  /** Before the first call. */
  start: Scene
  words: WalkWords
}

export interface Card {
  name: string
  title: string
  html: string
}

/** `text`, marked if it is not what it was. */
export function value(text: string, was: string): string {
  return text === was ? escapeHtml(text) : `<mark>${escapeHtml(text)}</mark>`
}

export function code(text: string): string {
  return `<code>${escapeHtml(text)}</code>`
}
