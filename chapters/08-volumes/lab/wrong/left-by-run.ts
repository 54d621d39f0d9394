// finds outlived
// --rm is taken for a plain rm.
export function outlived(
  given: Given[],
  typed: 'stop' | 'rm' | 'rm -v' | 'run --rm',
): string[] {
  const left = given.filter(({ type, name }) => {
    if (type === 'volume') return name !== undefined || typed !== 'rm -v'
    return type === 'bind'
  })
  return [...left.map(({ path }) => path), ...(typed === 'stop' ? ['/etc'] : [])].sort()
}
