// finds bridge
// It is never switched on.
function bridge({ bridge: { name, index, mtu, addresses } }: NetworkEnd): Step[] {
  return [
    step(['rtnetlink', linkFd, makeBridge({ name, index, mtu })], 'a switch', 'EEXIST'),
    ...addresses.map((own) =>
      step(['rtnetlink', linkFd, addAddress(index, own)], 'gateway', 'EEXIST'),
    ),
  ]
}
