// finds six
// Only the first of the addresses is given to eth0.
function inside({ inside: { name, index, addresses, gateway, gateway6 } }: NetworkEnd): Step[] {
  const gateways = [gateway, gateway6].filter((each) => each !== undefined)
  const isSix = addresses.some(({ address }) => address.includes(':'))
  const setting = `/proc/sys/net/ipv6/conf/${name}/disable_ipv6`
  return [
    ...(isSix ? [] : [step(['write', setting, '1'], 'no IPv6', 'ENOENT')]),
    ...addresses.slice(0, 1).map((own) => step(['rtnetlink', linkFd, addAddress(index, own)], 'a')),
    step(['rtnetlink', linkFd, linkUp(name)], 'up'),
    ...gateways.map((via) => step(['rtnetlink', linkFd, defaultRoute(via)], 'the way out')),
  ]
}
