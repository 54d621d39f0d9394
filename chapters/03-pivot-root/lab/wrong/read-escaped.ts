// finds mounts-left
// The names are given as the kernel escapes them.
export function mountsLeft(host: string, container: string): string[] {
  const rows = (text: string) => text.split('\n').filter(Boolean).map((line) => line.split(' '))
  const shown = new Set(rows(host).map(([, , device, directory]) => `${device} ${directory}`))
  return rows(container)
    .filter(([, , device, directory]) => shown.has(`${device} ${directory}`))
    .map(([, , , , target = '']) => target)
}
