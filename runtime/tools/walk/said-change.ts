/** A difference in the language of the reader: numbers, paths and the kernel's names stay. */
import type { Difference } from './changes.ts'

/** Topic and text; `say` translates whole sentences, and each side of an arrow is one. */
export function saidChange(change: Difference, say: (text: string) => string): Difference {
  const { topic, text } = change
  const name = names[topic] ?? /^/
  const sides = text.split(' → ').map((side) => {
    const [found = ''] = name.exec(side) ?? []
    return found + say(side.slice(found.length))
  })
  return { ...change, topic: say(topic), text: sides.join(' → ') }
}

function sides(topic: string, name: RegExp): Record<string, RegExp> {
  return { [topic]: name, [`host ${topic}`]: name }
}

/** What stands before the sentence: a path, the number of a descriptor, the name of a value. */
const names: Record<string, RegExp> = {
  file: /^\S+ /,
  descriptor: /^\d+ /,
  mount: /^\S+: /,
  rlimit: /^[a-z ]+ (?=\S+, )/,
  user: /^groups /,
  ...sides('link', /^\S+ (?=a )/),
  ...sides('address', /^\S+ /),
  ...sides('route', /^\S+ /),
  ...sides('filter', /^.+ (?=in table )/),
}
