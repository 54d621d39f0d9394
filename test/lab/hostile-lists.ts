/** Tests. Lists that reach for the host, by what they try: each of them is refused. */
import type { Given } from '../../runtime/lab-rules.ts'

export const [box, layer] = ['/data/tmp/stage_1/box', '/data/layers/aa']
const tree = '/sys/fs/cgroup/pids'
export const group = 'stepbox-box'
export const given: Given = {
  argv: ['sh', '-c', 'echo the word'],
  env: ['PATH=/bin'],
  root: '/image/rootfs',
  ...{ box, group, trees: [tree, '/sys/fs/cgroup/memory', '/sys/fs/cgroup'] },
  layers: [layer, `${box}/init`, `${box}/lower0`],
  settings: {
    '/proc/self/oom_score_adj': /^\d{1,4}$/,
    '/proc/sys/net/ipv4/ip_unprivileged_port_start': /^\d+$/,
    '/proc/sys/net/ipv4/ping_group_range': /^[\d ]+$/,
  },
}

export type Written = [name: string, ...args: unknown[]]

export const mount = (...[source, target, type, flags = [], data = null]: unknown[]): Written =>
  ['mount', source, target, type, flags, data]

const bind = ['MS_BIND']
export const hostileLists: Record<string, Written[]> = {
  'mounts a disk': [mount('/dev/vda', '/image/rootfs', 'ext4')],
  "mounts the kernel's devices": [mount('dev', '/dev', 'devtmpfs')],
  'mounts a group tree of version 1': [
    mount('cgroup', '/sys/fs/cgroup/devices', 'cgroup', [], 'devices')],
  'mounts proc in another place': [mount('proc', `${tree}/${group}`, 'proc')],
  'mounts sysfs in the place of proc': [mount('sysfs', '/proc', 'sysfs')],
  'binds /etc into its root': [mount('/etc', '/image/rootfs/tmp', null, bind)],
  'binds a switch of the kernel over a file of its group': [
    mount('/proc/sysrq-trigger', `${tree}/${group}/pids.max`, null, bind)],
  'binds a switch of the kernel by a whole path, from a directory of its own': [
    ['chdir', box], mount('/proc/sysrq-trigger', '/tmp/sysrq-trigger', null, bind)],
  'binds by a flag of another call with the same number': [
    mount('/proc/sys/kernel', `${tree}/${group}`, null, ['S_IFIFO'])],
  'binds by a flag in a list in the list': [mount('/etc', '/dev', null, [['MS_BIND']])],
  'binds by two flags in one': [mount('/etc', '/dev', null, ['MS_BIND|MS_REC'])],
  'moves /proc to /dev': [mount('/proc', '/dev', null, ['MS_MOVE'])],
  'makes a layer writable': [mount(null, layer, null, ['MS_REMOUNT', 'MS_BIND'])],
  'makes a layer writable through a link': [
    mount(null, `${box}/lower0/.`, null, ['MS_REMOUNT', 'MS_BIND'])],
  'makes a layer writable through a link and a slash': [
    mount(null, `${box}/lower0/`, null, ['MS_REMOUNT', 'MS_BIND'])],
  'makes a layer writable in a copy of all mounts': [
    mount('/', `${box}/a`, null, ['MS_BIND', 'MS_REC']),
    mount(null, `${box}/a${layer}`, null, ['MS_REMOUNT', 'MS_BIND'])],
  'makes a layer writable in a copy of a copy': [
    mount('/', `${box}/a`, null, ['MS_BIND', 'MS_REC']),
    mount('/', `${box}/b`, null, ['MS_BIND', 'MS_REC']),
    mount(null, `${box}/b${box}/a${layer}`, null, ['MS_REMOUNT', 'MS_BIND'])],
  'writes into a foreign directory by overlay': [mount('overlay', `${box}/merged`, 'overlay', [],
    `lowerdir=${layer},upperdir=/etc,workdir=/tmp`)],
  'shows a foreign directory by overlay': [mount('overlay', `${box}/merged`, 'overlay', [],
    `lowerdir=/root:${layer},upperdir=${box}/upper,workdir=${box}/work`)],
  'gives overlay an option that it has not heard of': [
    ['chdir', box], mount('overlay', 'merged', 'overlay', [],
    'lowerdir=lower0,upperdir=upper,workdir=work,lowerdir+=/etc')],
  'changes a file system for all who have it': [
    mount(null, '/sys/fs/cgroup/pids', null, ['MS_REMOUNT', 'MS_RDONLY'])],
  'goes up from a directory': [['chdir', '/image/rootfs/../../etc']],
  'enters a layer': [['chdir', layer]],
  'makes a directory the root that is none': [['chroot', '/dev']],
  'makes the directory of containers its root': [['chroot', box]],
  'gives pivot_root a place below': [['chdir', '/proc'], ['pivot_root', '.', '.']],
  'makes a disk': [['mknod', '/dev/vda', 'S_IFBLK', 0o600, 254, 0]],
  'makes the memory a device': [['mknod', '/dev/null', 'S_IFCHR', 0o666, 1, 1]],
  'makes the console': [['mknod', '/dev/console', 'S_IFCHR', 0o600, 5, 1]],
  'makes a fifo': [['mknod', '/dev/null', 'S_IFIFO', 0o600, 0, 0]],
  'puts a link in place of /dev/null': [['symlink', '/proc/sysrq-trigger', '/dev/null']],
  'puts a link to the kernel in place of a standard link': [
    ['symlink', '/proc/sys/kernel/core_pattern', '/dev/stdout']],
  'puts a link in the way of a mount': [['symlink', '/', '/image/rootfs/proc']],
  'opens a switch of the kernel': [['open', '/proc/sysrq-trigger', ['O_WRONLY'], 0]],
  'writes to a switch of the kernel': [['write', '/proc/sysrq-trigger', 'b']],
  'writes where core dumps go': [['write', '/proc/sys/kernel/core_pattern', '|/tmp/x']],
  'writes to the kernel through /proc/self': [
    ['write', '/proc/self/root/proc/sys/kernel/hostname', 'x']],
  'asks to be spared when memory is short': [['write', '/proc/self/oom_score_adj', '-1000']],
  'maps users': [['write', '/proc/self/uid_map', '0 0 1']],
  'names a release agent': [['write', `${tree}/release_agent`, '/tmp/x']],
  'asks for notice on release': [['write', `${tree}/${group}/notify_on_release`, '1']],
  'allows itself devices': [['write', `${tree}/${group}/devices.allow`, 'a']],
  'moves another process into its group': [['write', `${tree}/${group}/cgroup.procs`, '1']],
  'stops its own group': [['write', `${tree}/${group}/freezer.state`, 'FROZEN']],
  'writes to a group above': [['write', `${tree}/${group}/../cgroup.procs`, '0']],
  'writes to a group of another': [['write', `${tree}/docker/pids.max`, '1']],
  'makes a group of another name': [['mkdir', `${tree}/docker`, 0o755]],
  'limits the group that all are in': [['write', `${tree}/pids.max`, '1']],
  'joins a namespace of the host': [['setns', '/proc/1/ns/mnt', 'CLONE_NEWNS']],
  'makes a user namespace': [['unshare', ['CLONE_NEWUSER']]],
  'joins a keyring by name': [['keyctl', 'KEYCTL_JOIN_SESSION_KEYRING', '_ses']],
  'goes before all others': [['sched_setattr', 'SCHED_OTHER', -1]],
  "puts its output on the grader's socket": [['dup2', 3, 1]],
  "puts its input on the grader's socket": [['dup2', 0, 3]],
  "closes the grader's socket": [['close_range', 3, 4294967295, []]],
  'forks again and again': Array.from({ length: 9 }, (): Written => ['fork']),
  'loads a filter': [['seccomp', 'AAAA']],
  'copies a mount of the host': [['open_tree', '/etc', ['OPEN_TREE_CLONE']]],
  'writes a file': [['create', '/etc/passwd', 'x', 0o644, 0, 0, 0, 0]],
  'removes a file': [['unlink', '/image/rootfs/bin/sh']],
  'makes a link to a file': [['link', '/etc/shadow', '/image/rootfs/tmp/x']],
  'ends in another command': [['execvpe', 'a', ['a'], []], ['execvpe', 'b', ['b'], []]],
}
