/** The flags and constants of calls, by the names that C has for them. */

export type NamespaceFlag =
  | 'CLONE_NEWPID' | 'CLONE_NEWNS' | 'CLONE_NEWUTS' | 'CLONE_NEWIPC' | 'CLONE_NEWNET'
  | 'CLONE_NEWCGROUP' | 'CLONE_NEWUSER' | 'CLONE_NEWTIME'

export type OpenTreeFlag = 'OPEN_TREE_CLONE' | 'OPEN_TREE_CLOEXEC' | 'AT_RECURSIVE'

export type Resource =
  | 'RLIMIT_CORE' | 'RLIMIT_CPU' | 'RLIMIT_DATA' | 'RLIMIT_FSIZE' | 'RLIMIT_LOCKS'
  | 'RLIMIT_MEMLOCK' | 'RLIMIT_MSGQUEUE' | 'RLIMIT_NICE' | 'RLIMIT_NOFILE' | 'RLIMIT_NPROC'
  | 'RLIMIT_RSS' | 'RLIMIT_RTPRIO' | 'RLIMIT_RTTIME' | 'RLIMIT_SIGPENDING' | 'RLIMIT_STACK'

export type MountFlag =
  | 'MS_RDONLY' | 'MS_NOSUID' | 'MS_NODEV' | 'MS_NOEXEC' | 'MS_REMOUNT' | 'MS_BIND' | 'MS_MOVE'
  | 'MS_REC' | 'MS_PRIVATE' | 'MS_SLAVE' | 'MS_SHARED' | 'MS_STRICTATIME' | 'MS_NOATIME'
  | 'MS_NODIRATIME' | 'MS_SYNCHRONOUS' | 'MS_DIRSYNC'

export type MountAttribute = 'MOUNT_ATTR_RDONLY' | 'MOUNT_ATTR_NODEV'

/** What a mount shares with its copies: nothing, what comes from the original, or both ways. */
export type PropagationFlag = Extract<MountFlag, 'MS_PRIVATE' | 'MS_SLAVE' | 'MS_SHARED'>

export type OpenFlag =
  | 'O_RDONLY' | 'O_WRONLY' | 'O_RDWR' | 'O_CREAT' | 'O_EXCL' | 'O_NOCTTY' | 'O_NOFOLLOW'
  | 'O_CLOEXEC' | 'O_PATH' | 'O_DIRECTORY' | 'O_NONBLOCK'

/** How openat2(2) resolves a name. */
export type ResolveFlag =
  | 'RESOLVE_NO_MAGICLINKS' | 'RESOLVE_NO_SYMLINKS' | 'RESOLVE_BENEATH' | 'RESOLVE_IN_ROOT'

/** When a container starts again: never, after an exit code but 0, or always. */
export type RestartFlag = 'RESTART_NEVER' | 'RESTART_ON_FAILURE' | 'RESTART_ALWAYS'

/** linux/netlink.h */
export type NetlinkProtocol = 'NETLINK_ROUTE' | 'NETLINK_NETFILTER'
