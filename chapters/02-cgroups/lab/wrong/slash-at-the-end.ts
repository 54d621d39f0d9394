// finds group-dir-found
// The root's path is a slash, and is put behind the mount point.
export function groupDir(cgroup: string, mountinfo: string, controller: string): string {
  const lines = cgroup.split('\n').map((line) => line.split(':'))
  const has = (names = '') => names.split(',').includes(controller)
  const mounts = mountinfo.split('\n').map((line) => line.split(' '))
  const first = mounts.find((each) => each.includes('cgroup') && has(each.at(-1)))
  const tree = first ?? mounts.find((each) => each.includes('cgroup2'))
  const line = lines.find(([, names]) => (first ? has(names) : names === ''))
  return `${tree?.[4]}${line?.[2]}`
}
