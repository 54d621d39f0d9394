// What is new is switched on at once, and then gets its address.
function bridge({ bridge: { name, index, mtu, addresses } }: NetworkEnd): Step[] {
  return [
    step(['rtnetlink', linkFd, makeBridge({ name, index, mtu })], 'a switch', 'EEXIST'),
    step(['rtnetlink', linkFd, linkUp(name)], 'up'),
    ...addresses.map((own) =>
      step(['rtnetlink', linkFd, addAddress(index, own)], 'gateway', 'EEXIST'),
    ),
  ]
}

function inside({ inside: { name, index, addresses, gateway, gateway6 } }: NetworkEnd): Step[] {
  const setting = `/proc/sys/net/ipv6/conf/${name}/disable_ipv6`
  const hasSix = addresses.some(({ address }) => address.includes(':'))
  return [
    step(['rtnetlink', linkFd, linkUp(name)], 'up'),
    ...addresses.map((own) => step(['rtnetlink', linkFd, addAddress(index, own)], 'address')),
    ...(hasSix ? [] : [step(['write', setting, '1'], 'no IPv6', 'ENOENT')]),
    ...(gateway ? [step(['rtnetlink', linkFd, defaultRoute(gateway)], 'the way out')] : []),
    ...(gateway6 ? [step(['rtnetlink', linkFd, defaultRoute(gateway6)], 'the way out')] : []),
  ]
}
