/** The namespaces as nested boxes: those that the process shares with the host are the host's. */
import { escapeHtml } from '../../highlight.ts'
import type { Scene } from '../../walk/scene.ts'
import { fill } from '../../walk/words.ts'
import { code, value, type Card, type View } from './card.ts'

/** From the outermost box to the innermost. */
const kinds = ['pid', 'mnt', 'uts', 'ipc', 'cgroup', 'net', 'user', 'time']

export function namespaces(view: View): Card {
  const { now, start, words } = view
  const isOwn = (kind: string) => now.namespaces[kind] !== start.namespaces[kind]
  const shared = kinds.filter((kind) => !isOwn(kind))
  const own = kinds.filter(isOwn)
  const chips = shared.map((kind) => {
    const number = now.namespaces[kind] ?? ''
    const name = kind === 'uts' ? ` ${escapeHtml(now.hostname)}` : ''
    return `<li><b>${kind}</b> ${number}${name}</li>`
  })
  const awaited = !('pid_for_children' in now.namespaces)
    ? `<div class="box awaited"><p><b>pid</b> ${words.nextChild}</p></div>`
    : ''
  const process = now.processes.find(({ pid }) => pid === now.pid)
  const inner = `<p class="core"><b>${now.pid}</b> ${code(process?.command ?? '')}</p>${awaited}`
  const boxes = own.reduceRight((html, kind) => box(kind, html, view), inner)
  const html = `<div class="box host"><p><b>${words.host}</b></p>
<ul>${chips.join('')}</ul>${boxes}</div>`
  return { name: 'namespaces', title: words.namespaces, html }
}

function box(kind: string, inner: string, view: View): string {
  const { now, before } = view
  const number = now.namespaces[kind] ?? ''
  const isFresh = before.namespaces[kind] !== number ? ' fresh' : ''
  const about = `<p><b>${kind}</b> <small>${number}</small> ${detail(kind, view)}</p>`
  return `<div class="box ${kind}${isFresh}">${about}${inner}</div>`
}

/** What this namespace holds. */
function detail(kind: string, { now, before, words }: View): string {
  const looks: Record<string, (scene: Scene) => string> = {
    pid: ({ processes, pid }) => {
      const own = processes.find((each) => each.pid === pid)?.numbers.at(-1) ?? ''
      return fill(words.isOne, { n: own })
    },
    mnt: ({ mounts }) => fill(words.mountCount, { n: Object.keys(mounts).length }),
    uts: ({ hostname }) => hostname,
    net: ({ loopbackUp }) => `lo ${loopbackUp ? 'up' : 'down'}`,
    cgroup: ({ membership }) => membership.at(-1)?.replace(/^\d+:[^:]*:/, '') ?? '',
  }
  const look = looks[kind]
  return look ? value(look(now), look(before)) : ''
}
