/** The processes, as the host numbers them and as the container does. */
import type { Scene, SceneProcess } from '../../walk/scene.ts'
import { code, type Card, type View } from './card.ts'

export function processes(view: View): Card {
  const { now, words } = view
  const inside = now.processes.filter(isInside)
  const roots = now.processes.filter(({ parent }) => !has(now, parent))
  const own = inside.filter(({ parent }) => !inside.some(({ pid }) => pid === parent))
  const note = hasOwnProc(view) ? words.ownProc : words.hostsProc
  const right =
    inside.length === 0
      ? `<p class="empty">${words.notYet}</p>`
      : `${tree(own, 'inside', view)}<p class="note">${note}</p>`
  const html = `<div class="sides">
<div><h5>${words.onHost}</h5>${tree(roots, 'host', view)}</div>
<div><h5>${words.inside}</h5>${right}</div>
</div>`
  return { name: 'processes', title: words.processes, html }
}

/** Whether a process has a number in a pid namespace below the host's. */
function isInside({ numbers }: SceneProcess): boolean {
  return numbers.length > 1
}

function has({ processes }: Scene, pid: number): boolean {
  return processes.some((each) => each.pid === pid)
}

function tree(all: SceneProcess[], side: 'host' | 'inside', view: View): string {
  const items = all.map((each) => {
    const below = view.now.processes.filter(({ parent }) => parent === each.pid)
    return `<li>${line(each, side, view)}${below.length ? tree(below, side, view) : ''}</li>`
  })
  return `<ul class="tree">${items.join('')}</ul>`
}

function line(each: SceneProcess, side: 'host' | 'inside', { before, words }: View): string {
  const number = side === 'host' ? each.pid : each.numbers.at(-1)
  const was = before.processes.find(({ pid }) => pid === each.pid)
  const isNew = !was || was.command !== each.command
  const role = isInside(each) ? 'contained' : 'outside'
  const names: Record<string, string> = { node: words.commandLine, 'memfd:stepbox': words.native }
  const gloss = names[each.command] ?? words.container
  const is = isNew ? ' fresh' : ''
  return `<span class="process ${role}${is}"><b>${number}</b> ${code(each.command)}
<small>${gloss}</small></span>`
}

/** Whether a /proc is mounted that is not the one from before the first call. */
function hasOwnProc({ now, start }: View): boolean {
  const procs = (scene: Scene) =>
    Object.values(scene.mounts).filter(({ target }) => target === '/proc')
  const old = procs(start).map(({ device }) => device)
  return procs(now).some(({ device }) => !old.includes(device))
}
