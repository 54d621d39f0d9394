// finds free
// The address for all is given away.
export function freeAddress(subnet: string, taken: string[]): string {
  const [base = '', prefix = ''] = subnet.split('/')
  const number = (text: string) => text.split('.').reduce((sum, part) => sum * 256 + +part, 0)
  const bytes = (value: number) => [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256)
  const first = number(base)
  for (let value = first + 1; value < first + 2 ** (32 - +prefix); value++)
    if (!taken.includes(bytes(value).join('.'))) return bytes(value).join('.')
  return ''
}
