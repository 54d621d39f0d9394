// finds peers-found
// Put into an order of its own.
export function peers(mine: string, theirs: string): string[] {
  const shared = (line: string) => /shared:\d+/.exec(line)?.[0] ?? '-'
  const groups = new Set(theirs.split('\n').map(shared))
  return mine
    .split('\n')
    .filter((line) => shared(line) !== '-' && groups.has(shared(line)))
    .map((line) => line.split(' ')[4] ?? '')
    .sort()
}
