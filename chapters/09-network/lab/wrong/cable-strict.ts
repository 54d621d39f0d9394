// finds hairpin
// It takes for granted that something was left.
export function cables(options: WithNet, fd = nextFd(options)): Step[] {
  const { net } = options
  if (!net || net.ends.length === 0) return []
  return [
    step(['open', '/proc/self/ns/net', ['O_RDONLY', 'O_CLOEXEC'], 0], 'here'),
    ...net.ends.flatMap((end) => [
      step(['rtnetlink', linkFd, removeLink(end.veth.name)], 'left'),
      step(['rtnetlink', linkFd, makePair(end, fd)], 'a cable'),
      step(['rtnetlink', linkFd, turnBack(end)], 'hairpin'),
    ]),
    step(['close', fd], 'done'),
  ]
}
