// finds again
// One that is there is removed, with all that is plugged into it.
function bridge({ bridge: { name, index, mtu, addresses } }: NetworkEnd): Step[] {
  return [
    step(['rtnetlink', linkFd, removeLink(name)], 'away with it', 'ENODEV'),
    step(['rtnetlink', linkFd, makeBridge({ name, index: index + at++, mtu })], 'a switch'),
    ...addresses.map((own) => step(['rtnetlink', linkFd, addAddress(index + at - 1, own)], 'gw')),
    step(['rtnetlink', linkFd, linkUp(name)], 'up'),
  ]
}

let at = 0
