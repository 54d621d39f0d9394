/** Whether this page can be live. The server is asked once, by live.js. */

export type Can =
  | { live: true; chapters: number[]; workspace: string | null }
  | { live: false; why: string; zh: string }

declare global {
  /** Set by live.js, which only the server's pages have. */
  var stepboxCan: Promise<Can> | undefined
}

export function askServer(): Promise<Can> {
  globalThis.stepboxCan ??= fetch('/live/can').then((answer) => answer.json() as Promise<Can>)
  return globalThis.stepboxCan
}

/** The chapter of this page; 0 if it has none. */
export function chapterHere(): number {
  return Number(document.body.dataset['chapter'] ?? 0)
}
