// finds outlived
// rm -v is taken to remove all volumes.
export function outlived(
  given: Given[],
  typed: 'stop' | 'rm' | 'rm -v' | 'run --rm',
): string[] {
  const left = given.filter(({ type, name }) => {
    if (type === 'volume') return typed === 'stop' || typed === 'rm'
    return type === 'bind'
  })
  return [...left.map(({ path }) => path), ...(typed === 'stop' ? ['/etc'] : [])].sort()
}
