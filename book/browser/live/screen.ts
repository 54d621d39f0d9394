/** What terminal.js gives to the rest of the page. */

/** Between the terminal and the page; no program in a terminal needs it much. */
export const leaveKey = 'F6'

export interface Screen {
  size: () => [columns: number, rows: number]
  write: (data: Uint8Array | string) => void
  focus: () => void
  reset: () => void
}

interface Wish {
  label: string
  onType: (text: string) => void
  onSize: (columns: number, rows: number) => void
  onLeave: () => void
}

declare global {
  var stepboxScreen: ((place: HTMLElement, wish: Wish) => Screen) | undefined
}
