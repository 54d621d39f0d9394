// finds bridge
// The host has no address in the network.
function bridge({ bridge: { name, index, mtu } }: NetworkEnd): Step[] {
  return [
    step(['rtnetlink', linkFd, makeBridge({ name, index, mtu })], 'a switch', 'EEXIST'),
    step(['rtnetlink', linkFd, linkUp(name)], 'up'),
  ]
}
