// finds cable
// The network namespace is not opened.
export function cables(options: WithNet, fd = nextFd(options)): Step[] {
  const { net } = options
  if (!net || net.ends.length === 0) return []
  return [
    ...net.ends.flatMap((end) => [
      step(['rtnetlink', linkFd, removeLink(end.veth.name)], 'left', 'ENODEV'),
      step(['rtnetlink', linkFd, makePair(end, fd)], 'a cable'),
      step(['rtnetlink', linkFd, turnBack(end)], 'hairpin'),
    ]),
  ]
}
