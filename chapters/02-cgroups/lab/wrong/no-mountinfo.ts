// finds group-dir-found
// The mount point is guessed from the controller's name.
export function groupDir(cgroup: string, _: string, controller: string): string {
  const lines = cgroup.split('\n').map((line) => line.split(':'))
  const line = lines.find(([, names = '']) => names.split(',').includes(controller))
  const path = line?.[2] ?? lines.find(([number]) => number === '0')?.[2] ?? ''
  return `/sys/fs/cgroup/${controller}${path}`.replace(/\/$/, '')
}
