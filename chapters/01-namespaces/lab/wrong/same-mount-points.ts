// finds peers-found
// Mount points that both have, whether connected or not.
export function peers(mine: string, theirs: string): string[] {
  const points = (text: string) => text.split('\n').map((line) => line.split(' ')[4] ?? '')
  const others = new Set(points(theirs))
  return points(mine).filter((point) => point !== '' && others.has(point))
}
