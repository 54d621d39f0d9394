// Each cable opens the namespace for itself, and all hairpins come last.
export function cables(options: WithNet, fd = nextFd(options)): Step[] {
  const ends = options.net?.ends ?? []
  return [
    ...ends.flatMap((end) => [
      step(['rtnetlink', linkFd, removeLink(end.veth.name)], 'left', 'ENODEV'),
      step(['open', '/proc/self/ns/net', ['O_RDONLY', 'O_CLOEXEC'], 0], 'here'),
      step(['rtnetlink', linkFd, makePair(end, fd)], 'a cable'),
      step(['close', fd], 'the next one takes it'),
    ]),
    ...ends.map((end) => step(['rtnetlink', linkFd, turnBack(end)], 'hairpin')),
  ]
}
