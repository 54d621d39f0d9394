// finds outlived
// What was in memory is taken for kept.
export function outlived(
  given: Given[],
  typed: 'stop' | 'rm' | 'rm -v' | 'run --rm',
): string[] {
  const left = given.filter(({ type, name }) => {
    if (type === 'volume') return name !== undefined || typed === 'stop' || typed === 'rm'
    return type === 'bind' || typed === 'stop'
  })
  return [...left.map(({ path }) => path), ...(typed === 'stop' ? ['/etc'] : [])].sort()
}
