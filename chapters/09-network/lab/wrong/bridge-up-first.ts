// finds bridge
// It is switched on before it is made.
function bridge({ bridge: { name, index, mtu, addresses } }: NetworkEnd): Step[] {
  return [
    step(['rtnetlink', linkFd, linkUp(name)], 'up'),
    step(['rtnetlink', linkFd, makeBridge({ name, index, mtu })], 'a switch', 'EEXIST'),
    ...addresses.map((own) =>
      step(['rtnetlink', linkFd, addAddress(index, own)], 'gateway', 'EEXIST'),
    ),
  ]
}
