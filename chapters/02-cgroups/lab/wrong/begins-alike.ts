// finds group-dir-found
// cpu is found in cpuset and cpuacct.
export function groupDir(cgroup: string, mountinfo: string, controller: string): string {
  const line = cgroup.split('\n').find((each) => each.includes(controller))
  const last = cgroup.split('\n').find((each) => each.startsWith('0::'))
  const path = (line ?? last ?? '').split(':').slice(2).join(':')
  const [, names = ''] = (line ?? last ?? '').split(':')
  const mount = mountinfo.split('\n').find((each) =>
    line ? / - cgroup /.test(each) && each.endsWith(`rw,${names}`) : / - cgroup2 /.test(each),
  )
  return `${mount?.split(' ')[4]}${path}`.replace(/\/$/, '')
}
