/** What no other picture shows of the process: directory, user, umask, descriptors. */
import type { Scene } from '../../walk/scene.ts'
import { value, type Card, type View } from './card.ts'

export function facts({ now, before, words }: View): Card {
  const names: Record<string, string> = {
    cwd: words.cwd,
    user: words.user,
    groups: words.userGroups,
    umask: words.umask,
    session: words.session,
    files: words.files,
  }
  const all = Object.entries(names).map(([key, name]) =>
    pair(name, now.facts[key] ?? '', before.facts[key] ?? ''),
  )
  const html = `<dl>
${pair(words.hostname, now.hostname, before.hostname)}
${all.join('\n')}
<dt>${words.descriptors}</dt><dd>${descriptors(now, before)}</dd>
</dl>`
  return { name: 'facts', title: words.process, html }
}

function pair(name: string, is: string, was: string): string {
  return `<dt>${name}</dt><dd>${value(is, was)}</dd>`
}

function descriptors(now: Scene, before: Scene): string {
  const lines = Object.entries(now.descriptors).map(([fd, target]) => {
    return `<li><b>${fd}</b> ${value(target, before.descriptors[fd] ?? '')}</li>`
  })
  return `<ul>${lines.join('')}</ul>`
}
