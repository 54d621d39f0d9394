// finds free
// What is given is the one after the highest that is taken.
export function freeAddress(subnet: string, taken: string[]): string {
  const last = Math.max(0, ...taken.map((each) => Number(each.split('.')[3])))
  return [...(subnet.split('/')[0] ?? '').split('.').slice(0, 3), last + 1].join('.')
}
