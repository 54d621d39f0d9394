// finds outlived
// rm is taken to remove volumes.
export function outlived(
  given: Given[],
  typed: 'stop' | 'rm' | 'rm -v' | 'run --rm',
): string[] {
  const left = given.filter(({ type, name }) => {
    if (type === 'volume') return name !== undefined || typed === 'stop'
    return type === 'bind'
  })
  return [...left.map(({ path }) => path), ...(typed === 'stop' ? ['/etc'] : [])].sort()
}
