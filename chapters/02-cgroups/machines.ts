/** Machines to plan for, each from what its kernel says of itself. */
import { cgroupsFrom } from '../../runtime/02-cgroups/hierarchies.ts'

const disk = '22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw'

/** One that is only version 2 and run by systemd: today's Debian, Ubuntu, Fedora. */
export const v2 = cgroupsFrom(
  `${disk}
35 24 0:30 / /sys/fs/cgroup rw,nosuid,nodev shared:9 - cgroup2 cgroup2 rw,nsdelegate
`,
  fileOf({
    '/sys/fs/cgroup/cgroup.controllers': 'cpuset cpu io memory hugetlb pids rdma misc\n',
    '/sys/fs/cgroup/cgroup.subtree_control': 'cpuset cpu io memory pids\n',
    '/sys/fs/cgroup/cgroup.procs': '1\n2\n',
    '/sys/fs/cgroup/cpuset.cpus.effective': '0-3\n',
    '/sys/fs/cgroup/cpuset.mems.effective': '0\n',
  }),
)

/** Only version 2, just booted, without anybody who enables controllers. */
export const v2Bare = cgroupsFrom(
  '24 22 0:21 / /sys/fs/cgroup rw,relatime - cgroup2 none rw\n',
  fileOf({
    '/sys/fs/cgroup/cgroup.controllers': 'cpuset cpu io memory hugetlb pids rdma misc\n',
    '/sys/fs/cgroup/cgroup.subtree_control': '\n',
    '/sys/fs/cgroup/cgroup.procs': '1\n',
    '/sys/devices/system/cpu/online': '0\n',
  }),
)

/** Only version 1, run by systemd, processor trees mounted together: CentOS 7, Ubuntu 18.04. */
export const v1 = cgroupsFrom(
  `${disk}
26 18 0:22 / /sys/fs/cgroup ro,nosuid,nodev,noexec shared:7 - tmpfs tmpfs ro,mode=755
27 26 0:23 / /sys/fs/cgroup/systemd rw,nosuid shared:8 - cgroup cgroup rw,xattr,name=systemd
29 26 0:26 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:10 - cgroup cgroup rw,cpuacct,cpu
30 26 0:27 / /sys/fs/cgroup/cpuset rw,nosuid shared:11 - cgroup cgroup rw,cpuset
31 26 0:28 / /sys/fs/cgroup/memory rw,nosuid shared:12 - cgroup cgroup rw,memory
32 26 0:29 / /sys/fs/cgroup/net_cls,net_prio rw shared:13 - cgroup cgroup rw,net_prio,net_cls
33 26 0:30 / /sys/fs/cgroup/pids rw,nosuid shared:14 - cgroup cgroup rw,pids
34 26 0:31 / /sys/fs/cgroup/freezer rw,nosuid shared:15 - cgroup cgroup rw,freezer
35 26 0:33 / /sys/fs/cgroup/blkio rw,nosuid shared:16 - cgroup cgroup rw,blkio
`,
  fileOf({
    ...present('cpu,cpuacct', 'cpuset', 'memory', 'net_cls,net_prio', 'pids', 'freezer', 'blkio'),
    '/sys/fs/cgroup/cpuset/cpuset.cpus': '0-3\n',
    '/sys/fs/cgroup/cpuset/cpuset.mems': '0\n',
  }),
)

/** Both: version 1 has the controllers, and the version 2 tree beside it has only hugetlb. */
export const hybrid = cgroupsFrom(
  `31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
33 31 0:30 / /sys/fs/cgroup/cpuacct rw,relatime - cgroup cgroup rw,cpuacct
34 31 0:31 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
37 31 0:34 / /sys/fs/cgroup/freezer rw,relatime - cgroup cgroup rw,freezer
39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
38 31 0:35 / /sys/fs/cgroup/blkio rw,relatime - cgroup cgroup rw,blkio
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
`,
  fileOf({
    ...present('cpu', 'cpuacct', 'cpuset', 'memory', 'freezer', 'pids', 'blkio'),
    '/sys/fs/cgroup/unified/cgroup.controllers': 'hugetlb\n',
    '/sys/fs/cgroup/unified/cgroup.subtree_control': '\n',
    '/sys/fs/cgroup/cpuset/cpuset.cpus': '0-1\n',
    '/sys/fs/cgroup/cpuset/cpuset.mems': '0\n',
  }),
)

/** Inside an ordinary Docker container on a version 2 machine. */
export const docker = cgroupsFrom(
  '612 611 0:30 / /sys/fs/cgroup ro,nosuid,nodev,relatime - cgroup2 cgroup rw,nsdelegate\n',
  fileOf({
    '/sys/fs/cgroup/cgroup.controllers': 'cpuset cpu io memory hugetlb pids rdma misc\n',
    '/sys/fs/cgroup/cgroup.subtree_control': '\n',
    '/sys/fs/cgroup/cgroup.events': 'populated 1\nfrozen 0\n',
    '/sys/fs/cgroup/cgroup.procs': '1\n',
  }),
)

/** Inside a privileged container, whose own group has handed down pids and nothing else. */
export const nested = cgroupsFrom(
  '612 611 0:30 /../.. /sys/fs/cgroup rw,nosuid,nodev,relatime - cgroup2 cgroup rw\n',
  fileOf({
    '/sys/fs/cgroup/cgroup.controllers': 'cpu memory pids\n',
    '/sys/fs/cgroup/cgroup.subtree_control': 'pids\n',
    '/sys/fs/cgroup/cgroup.events': 'populated 1\nfrozen 0\n',
    '/sys/fs/cgroup/cgroup.procs': '1\n7\n',
  }),
)

/** The same tree in two places, once read-only; one that is hidden; a name with a space. */
export const twice = cgroupsFrom(
  `35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
50 31 0:32 / /mnt/memory rw,relatime - cgroup cgroup rw,memory
51 31 0:34 / /sys/fs/cgroup/freezer ro,relatime - cgroup cgroup rw,freezer
52 31 0:34 / /mnt/with\\040space rw,relatime - cgroup cgroup rw,freezer
53 31 0:30 / /sys/fs/cgroup/cpuacct rw,relatime - cgroup cgroup rw,cpuacct
54 31 0:77 / /sys/fs/cgroup/cpuacct rw,relatime - tmpfs tmpfs rw
`,
  fileOf({
    ...present('memory', 'freezer', 'cpuacct'),
    '/mnt/memory/cgroup.clone_children': '0\n',
    '/mnt/with space/cgroup.clone_children': '0\n',
  }),
)

function present(...trees: string[]): Record<string, string> {
  return Object.fromEntries(
    trees.map((tree) => [`/sys/fs/cgroup/${tree}/cgroup.clone_children`, '0\n']),
  )
}

function fileOf(files: Record<string, string>): (path: string) => string | undefined {
  return (path) => files[path]
}
