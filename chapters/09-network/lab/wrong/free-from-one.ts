// finds free
// It begins at .1, wherever the subnet begins.
export function freeAddress(subnet: string, taken: string[]): string {
  const [base = '', prefix = ''] = subnet.split('/')
  const [a, b] = base.split('.').map(Number)
  for (let count = 1; count < 2 ** (32 - Number(prefix)) - 1; count++) {
    const address = [a, b, Math.floor(count / 256), count % 256].join('.')
    if (!taken.includes(address)) return address
  }
  return ''
}
