// finds free
// It counts in the last byte alone, which may be 1 to 254.
export function freeAddress(subnet: string, taken: string[]): string {
  const [base = '', prefix = ''] = subnet.split('/')
  const [a, b, c, d = '0'] = base.split('.')
  const most = Math.min(254, Number(d) + 2 ** (32 - Number(prefix)) - 2)
  for (let last = Number(d) + 1; last <= most; last++) {
    const address = [a, b, c, last].join('.')
    if (!taken.includes(address)) return address
  }
  return ''
}
