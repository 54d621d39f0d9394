// finds six
// IPv6 is not switched off.
function inside({ inside: { name, index, addresses, gateway, gateway6 } }: NetworkEnd): Step[] {
  const gateways = [gateway, gateway6].filter((each) => each !== undefined)
  const isSix = addresses.some(({ address }) => address.includes(':'))
  const setting = `/proc/sys/net/ipv6/conf/${name}/disable_ipv6`
  return [
    ...addresses.map((own) => step(['rtnetlink', linkFd, addAddress(index, own)], 'address')),
    step(['rtnetlink', linkFd, linkUp(name)], 'up'),
    ...gateways.map((via) => step(['rtnetlink', linkFd, defaultRoute(via)], 'the way out')),
  ]
}
