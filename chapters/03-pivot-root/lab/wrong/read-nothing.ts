// finds mounts-left
// Ids are unique to a mount: a copy of a mount has another.
export function mountsLeft(host: string, container: string): string[] {
  const rows = (text: string) => text.split('\n').filter(Boolean).map((line) => line.split(' '))
  const ids = rows(host).map(([id]) => id)
  return rows(container)
    .filter(([id]) => ids.includes(id))
    .map(([, , , , target = '']) => target)
}
