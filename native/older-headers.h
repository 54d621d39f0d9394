/* Numbers that older headers, and musl's, lack; they are part of the kernel's interface. */
#pragma once

enum { KEYCTL_JOIN_SESSION_KEYRING = 1, IOPRIO_WHO_PROCESS = 1 };
enum { IOPRIO_CLASS_NONE = 0, IOPRIO_CLASS_IDLE = 3 };
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif
#ifndef MOUNT_ATTR_RDONLY
#define MOUNT_ATTR_RDONLY 0x1
#define MOUNT_ATTR_NODEV 0x4
#endif
#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE 1
#define OPEN_TREE_CLOEXEC O_CLOEXEC
#endif
#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif
#ifndef RESOLVE_IN_ROOT
#define RESOLVE_NO_MAGICLINKS 0x02
#define RESOLVE_NO_SYMLINKS 0x04
#define RESOLVE_BENEATH 0x08
#define RESOLVE_IN_ROOT 0x10
#endif
enum { NETLINK_ROUTE = 0, NETLINK_NETFILTER = 12 };
enum { RESTART_NEVER, RESTART_ON_FAILURE, RESTART_ALWAYS };
#ifndef FS_IMMUTABLE_FL
#define FS_IMMUTABLE_FL 0x10
#define FS_APPEND_FL 0x20
#endif
