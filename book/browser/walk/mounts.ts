/** The mounts as a tree: each below the one that it is mounted on. */
import { escapeHtml } from '../../highlight.ts'
import type { Scene, SceneMount } from '../../walk/scene.ts'
import { code, type Card, type View } from './card.ts'

type Mounts = Scene['mounts']

export function mounts(view: View): Card {
  const { now, before, words } = view
  const isCopy = !Object.keys(before.mounts).some((id) => id in now.mounts)
  const all = isCopy ? now.mounts : { ...before.mounts, ...now.mounts }
  const roots = Object.keys(all).filter((id) => !(all[id]?.parent && all[id].parent in all))
  const note = isCopy ? `<p class="note"><mark>${words.copied}</mark></p>` : ''
  const html = `${branch(roots, all, { view, isCopy })}${note}`
  return { name: 'mounts', title: words.mounts, html }
}

interface Drawing {
  view: View
  isCopy: boolean
}

function branch(ids: string[], all: Mounts, drawing: Drawing): string {
  const items = ids.map((id) => {
    const below = Object.keys(all).filter((each) => all[each]?.parent === id && each !== id)
    const inner = below.length ? branch(below, all, drawing) : ''
    return `<li>${row(id, all[id], drawing)}${inner}</li>`
  })
  return `<ul class="tree">${items.join('')}</ul>`
}

function row(id: string, mount: SceneMount | undefined, { view, isCopy }: Drawing): string {
  if (!mount) return ''
  const { now, before, words } = view
  const was = isCopy ? mount : before.mounts[id]
  const state = !(id in now.mounts) ? 'gone' : !was ? 'fresh' : ''
  const isReadOnly = mount.options.startsWith('ro')
  const chips = [
    chip(mount.propagation || words.isPrivate, was && (was.propagation || words.isPrivate)),
    chip(isReadOnly ? 'ro' : 'rw', was && (was.options.startsWith('ro') ? 'ro' : 'rw')),
  ]
  const moved = was && was.target !== mount.target ? ' moved' : ''
  return `<span class="mount ${state}${moved}">${code(mount.target)}
<small>${escapeHtml(mount.type)} ${chips.join(' ')}</small></span>`
}

function chip(text: string, was: string | undefined): string {
  const tag = was === undefined || was === text ? 'span' : 'mark'
  return `<${tag} class="chip">${escapeHtml(text)}</${tag}>`
}
