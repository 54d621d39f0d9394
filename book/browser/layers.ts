/** The explorers of layers of the page. */
import type { RecordedLayers } from '../layers/tree.ts'
import { layerWords } from '../layers/words.ts'
import { openExplorer } from './layers/explorer.ts'
import { loadScript } from './walk/load.ts'

declare global {
  var stepboxLayers: Record<string, RecordedLayers> | undefined
}

for (const section of document.querySelectorAll<HTMLElement>('.layers')) prepare(section)

/** Open the explorer once it comes into view; its place is kept free until then. */
function prepare(section: HTMLElement): void {
  const stage = section.querySelector<HTMLElement>('.layers-stage')
  if (!stage || section.dataset['isReady']) return
  section.dataset['isReady'] = 'yes'
  const name = section.dataset['layers'] ?? ''
  const open = async () => {
    await loadScript(`layers-${name}.js`)
    const data = globalThis.stepboxLayers?.[name]
    if (data) openExplorer(stage, data, layerWords(document.documentElement.lang))
  }
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some(({ isIntersecting }) => isIntersecting)) return
    observer.disconnect()
    void open()
  })
  observer.observe(stage)
}
