// finds group-dir-found
// As if there were version 2 alone.
export function groupDir(cgroup: string): string {
  const line = cgroup.split('\n').find((each) => each.startsWith('0::')) ?? '0::'
  return `/sys/fs/cgroup${line.slice(3)}`
}
