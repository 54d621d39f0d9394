/** Docker's second way to write a command, by the thing that it is about: `container ls`. */

const same = (words: string) => Object.fromEntries(words.split(' ').map((word) => [word, word]))

/** `rm` means `volume rm`, and with `remove=rm` so does `remove`. */
const ofGroup = (group: string, words: string): Record<string, string> =>
  Object.fromEntries(
    words.split(' ').map((word) => {
      const [typed = '', means = typed] = word.split('=')
      return [typed, `${group} ${means}`]
    }),
  )

/** The same, and no word the command `lab`. */
const ownOf = (group: string, words: string) => ({ '': group, ...ofGroup(group, words) })

/** For the first word and the second one, the command that they mean. */
export const groups: Record<string, Record<string, string>> = {
  container: {
    ...{ ls: 'ps', list: 'ps', ps: 'ps', remove: 'rm', prune: 'container prune' },
    ...same('attach commit cp create diff exec export inspect kill logs pause port rename restart'),
    ...same('rm run start stats stop top unpause update wait'),
  },
  image: {
    ...{ ls: 'images', list: 'images', rm: 'rmi', remove: 'rmi', prune: 'image prune' },
    ...same('build history import inspect load pull push save tag'),
  },
  volume: ofGroup('volume', 'create inspect list=ls ls prune remove=rm rm'),
  network: ofGroup('network', 'connect create disconnect inspect list=ls ls prune remove=rm rm'),
  system: same('events'),
  lab: ownOf('lab', 'start list test watch hint diff solve reset undo status grade'),
}

/** The exit codes of a group that has its own: for what was typed wrong, and for our own errors. */
export const exitCodes: Partial<Record<string, { usage: number; ours: number }>> = {
  lab: { usage: 2, ours: 4 },
}

/** The ways in which a command can be typed: `images`, `image ls`, `image list`. */
export function spellingsOf(command: string): string[] {
  const others = Object.entries(groups).flatMap(([group, words]) => {
    const own = Object.entries(words).filter(([, means]) => means === command)
    return own.map(([word]) => `${group} ${word}`.trim())
  })
  return [...new Set([command, ...others])]
}
