// finds reach
// eth0 has an address, and is down; no route is made.
function inside({ inside: { name, index, addresses, gateway, gateway6 } }: NetworkEnd): Step[] {
  const gateways = [gateway, gateway6].filter((each) => each !== undefined)
  const isSix = addresses.some(({ address }) => address.includes(':'))
  const setting = `/proc/sys/net/ipv6/conf/${name}/disable_ipv6`
  return [
    ...(isSix ? [] : [step(['write', setting, '1'], 'no IPv6', 'ENOENT')]),
    ...addresses.map((own) => step(['rtnetlink', linkFd, addAddress(index, own)], 'address')),
  ]
}
