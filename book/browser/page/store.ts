/** What the reader's browser keeps. Without storage, nothing is kept and nothing fails. */
export const store = {
  get(name: string): string | undefined {
    try {
      return localStorage.getItem(name) ?? undefined
    } catch {
      return undefined // ignoring: storage is switched off
    }
  },
  set(name: string, value: string): void {
    try {
      localStorage.setItem(name, value)
    } catch {
      // ignoring: storage is switched off, or full
    }
  },
}
