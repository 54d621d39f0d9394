// finds reach
// eth0 has no address, and no route.
function inside({ inside: { name, index, addresses, gateway, gateway6 } }: NetworkEnd): Step[] {
  const gateways = [gateway, gateway6].filter((each) => each !== undefined)
  const isSix = addresses.some(({ address }) => address.includes(':'))
  const setting = `/proc/sys/net/ipv6/conf/${name}/disable_ipv6`
  return [
    ...(isSix ? [] : [step(['write', setting, '1'], 'no IPv6', 'ENOENT')]),
    step(['rtnetlink', linkFd, linkUp(name)], 'up'),
  ]
}
