// finds again
// The bridge is always made, as if nobody had been there before.
function bridge({ bridge: { name, index, mtu, addresses } }: NetworkEnd): Step[] {
  return [
    step(['rtnetlink', linkFd, makeBridge({ name, index, mtu })], 'a switch'),
    ...addresses.map((own) => step(['rtnetlink', linkFd, addAddress(index, own)], 'gateway')),
    step(['rtnetlink', linkFd, linkUp(name)], 'up'),
  ]
}
