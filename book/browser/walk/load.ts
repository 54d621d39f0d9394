/** Data for scripts: classic scripts, too, since nothing can be fetched from `file://`. */

/** Run the script `name` at the top of the book. */
export function loadScript(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = document.createElement('script')
    script.src = `${document.body.dataset['up'] ?? ''}${name}`
    script.onload = () => resolve()
    script.onerror = () => reject(new Error(`cannot load ${script.src}`))
    document.head.append(script)
  })
}
