/** An edge that changes the height of a panel: by pointer, and by the arrow keys. */

interface Kept {
  get: (name: string) => string | undefined
  set: (name: string, value: string) => void
}

const [least, most, step] = [15, 85, 5]

/** The height is in percent of the window, and kept. */
export function stretchable(edge: HTMLElement, kept: Kept): void {
  const stored = Number(kept.get('drawer'))
  let height = stored > 0 ? stored : 42
  const set = (wanted: number): void => {
    height = Math.round(Math.min(most, Math.max(least, wanted)))
    document.documentElement.style.setProperty('--drawer', `${height}dvh`)
    edge.setAttribute('aria-valuenow', String(height))
    kept.set('drawer', String(height))
  }
  edge.setAttribute('aria-valuemin', String(least))
  edge.setAttribute('aria-valuemax', String(most))
  set(height)
  edge.addEventListener('pointerdown', (event) => {
    edge.setPointerCapture(event.pointerId)
    event.preventDefault()
  })
  edge.addEventListener('pointermove', ({ pointerId, clientY }) => {
    if (edge.hasPointerCapture(pointerId)) set(100 - (100 * clientY) / innerHeight)
  })
  edge.addEventListener('keydown', (event) => {
    const by = { ArrowUp: step, ArrowDown: -step }[event.key]
    if (by === undefined) return
    event.preventDefault()
    set(height + by)
  })
}
