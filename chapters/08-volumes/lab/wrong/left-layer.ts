// finds outlived
// The write layer is taken to be kept.
export function outlived(
  given: Given[],
  typed: 'stop' | 'rm' | 'rm -v' | 'run --rm',
): string[] {
  const left = given.filter(({ type, name }) => {
    if (type === 'volume') return name !== undefined || typed === 'stop' || typed === 'rm'
    return type === 'bind'
  })
  return [...left.map(({ path }) => path), ...['/etc']].sort()
}
