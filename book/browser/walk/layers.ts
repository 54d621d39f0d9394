/** The layers of the root as a stack, once it is an overlay. */
import type { Scene } from '../../walk/scene.ts'
import { fill, type WalkWords } from '../../walk/words.ts'
import { code, type Card, type View } from './card.ts'

type Slab = [kind: string, name: string, about: string]

export function layers({ now, before, words }: View): Card {
  const stack = stackOf(now)
  const title = words.layers
  if (!stack) return { name: 'layers', title, html: `<p class="empty">${words.noOverlay}</p>` }
  const fresh = stackOf(before) ? '' : ' fresh'
  const slab = ([kind, name, about]: Slab, mode = '') =>
    `<li class="slab ${kind}">${code(name)} <small>${about}</small> <em>${mode}</em></li>`
  const lowers = stack.lower.map((name) => slab(lower(name, stack.lower, words), words.readOnly))
  const html = `<ol class="stack${fresh}">
${slab(['merged', stack.target, words.merged])}
${slab(['upper', stack.upper, words.upper], words.writable)}
${lowers.join('\n')}
</ol>`
  return { name: 'layers', title, html }
}

/** Whether the root of this scene is stacked. */
export function isStacked(scene: Scene): boolean {
  return stackOf(scene) !== undefined
}

/** The layers of the image are numbered from the base. */
function lower(name: string, all: string[], words: WalkWords): Slab {
  if (name === 'init') return ['init', name, words.init]
  const number = all.length - all.indexOf(name)
  return ['image', name, fill(words.imageLayer, { n: number })]
}

function stackOf({ mounts }: Scene) {
  const overlay = Object.values(mounts).find(({ type }) => type === 'overlay')
  if (!overlay) return undefined
  const option = (name: string) => new RegExp(`${name}=([^, ]*)`).exec(overlay.options)?.[1] ?? ''
  const target = overlay.target.replace(/^.*\/(?=.)/, '')
  return { target, upper: option('upperdir'), lower: option('lowerdir').split(':') }
}
