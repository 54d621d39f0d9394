/**
 * Which system calls there are in the room of a planner, and on the machine of a list. Numbers are
 * those of x86_64 and arm64, from asm/unistd_64.h and asm-generic/unistd.h; -1 is a call that only
 * the other has.
 */
import { beginning, bpf, encoded, offsetOf, verdict, when, type Instruction } from '../seccomp.ts'

type Numbers = readonly [x64: number, arm64: number]

/**
 * What Node needs to start, to compute, and to read and write what is open: files in the room, and
 * pipes. No socket, no other process, no namespace, no mount, no key, no ring of io_uring.
 */
const needed: Record<string, Numbers> = {
  ...{ read: [0, 63], write: [1, 64], readv: [19, 65], writev: [20, 66], pread64: [17, 67] },
  ...{ open: [2, -1], openat: [257, 56], close: [3, 57], lseek: [8, 62], fcntl: [72, 25] },
  ...{ stat: [4, -1], fstat: [5, 80], lstat: [6, -1], newfstatat: [262, 79], statx: [332, 291] },
  ...{ access: [21, -1], faccessat: [269, 48], faccessat2: [439, 439], getdents64: [217, 61] },
  ...{ readlink: [89, -1], readlinkat: [267, 78], getcwd: [79, 17], dup: [32, 23] },
  ...{ ioctl: [16, 29] },
  ...{ pipe2: [293, 59], dup3: [292, 24], eventfd2: [290, 19], poll: [7, -1], ppoll: [271, 73] },
  ...{ epoll_create1: [291, 20], epoll_ctl: [233, 21], epoll_pwait: [281, 22] },
  ...{ epoll_wait: [232, -1], mmap: [9, 222], munmap: [11, 215], mprotect: [10, 226] },
  ...{ mremap: [25, 216], madvise: [28, 233], brk: [12, 214], membarrier: [324, 283] },
  ...{ pkey_alloc: [330, 289], pkey_free: [331, 290], pkey_mprotect: [329, 288] },
  ...{ futex: [202, 98], set_robust_list: [273, 99], set_tid_address: [218, 96], rseq: [334, 293] },
  ...{ arch_prctl: [158, -1], rt_sigaction: [13, 134], rt_sigprocmask: [14, 135] },
  ...{ rt_sigreturn: [15, 139], sigaltstack: [131, 132], tgkill: [234, 131], getpid: [39, 172] },
  ...{ gettid: [186, 178], getuid: [102, 174], geteuid: [107, 175], getgid: [104, 176] },
  ...{ getegid: [108, 177], getppid: [110, 173], setuid: [105, 146], execve: [59, 221] },
  ...{ exit: [60, 93], exit_group: [231, 94], sched_yield: [24, 124], getcpu: [309, 168] },
  ...{ sched_getaffinity: [204, 123], prlimit64: [302, 261], getrusage: [98, 165] },
  ...{ sysinfo: [99, 179], uname: [63, 160], getrandom: [318, 278], clock_gettime: [228, 113] },
  ...{ clock_getres: [229, 114], clock_nanosleep: [230, 115], nanosleep: [35, 101] },
  ...{ gettimeofday: [96, 169], restart_syscall: [219, 128], capget: [125, 90] },
}

const clone: Numbers = [56, 220]

/** CLONE_THREAD: without it, clone(2) makes another process. */
const threadFlag = 0x10000

/** The filter of a room: a call that it does not name is not there (ENOSYS). */
export function roomFilter(processor: NodeJS.Architecture = process.arch): Uint8Array {
  return encoded([
    ...beginning(processor),
    ...Object.values(needed).flatMap((each) => ifIs(each, processor, verdict.allow)),
    [bpf.isEqual, 0, 3, numberOn(clone, processor)],
    [bpf.load, 0, 0, offsetOf.argument(0)],
    ...when([bpf.hasBit, threadFlag], verdict.allow),
    [bpf.answer, 0, 0, verdict.ENOSYS],
  ])
}

/** What changes the kernel of the host, whatever namespaces the caller is in, or sees past them. */
const forbidden: Record<string, Numbers> = {
  ...{ init_module: [175, 105], finit_module: [313, 273], delete_module: [176, 106] },
  ...{ kexec_load: [246, 104], kexec_file_load: [320, 294], bpf: [321, 280], acct: [163, 89] },
  ...{ perf_event_open: [298, 241], open_by_handle_at: [304, 265], userfaultfd: [323, 282] },
  ...{ io_uring_setup: [425, 425], io_uring_enter: [426, 426], io_uring_register: [427, 427] },
  ...{ settimeofday: [164, 170], clock_settime: [227, 112], clock_adjtime: [305, 266] },
  ...{ adjtimex: [159, 171], iopl: [172, -1], ioperm: [173, -1], swapon: [167, 224] },
  ...{ swapoff: [168, 225], quotactl: [179, 60], quotactl_fd: [443, 443], syslog: [103, 116] },
  ...{ add_key: [248, 217], request_key: [249, 218], fanotify_init: [300, 262] },
  ...{ ptrace: [101, 117], process_vm_readv: [310, 270], process_vm_writev: [311, 271] },
  ...{ reboot: [169, 142], vhangup: [153, 58], lookup_dcookie: [212, 18], kcmp: [312, 272] },
}

/** mknod(2) and mknodat(2): which argument has the type, and which the device. */
const nodes = [
  { call: [133, -1], type: 1, device: 2 },
  { call: [259, 33], type: 2, device: 3 },
] as const

/** null, zero, full, random, urandom, tty, ptmx; 0:0 is a whiteout, which no process can open. */
const harmless = [[1, 3], [1, 5], [1, 7], [1, 8], [1, 9], [5, 0], [5, 2], [0, 0]] as const

/** Of a mode, the type of the file: its bits, and two of its values. */
const [typeBits, character, block] = [0o170000, 0o020000, 0o060000]

/** The filter of a machine: its root changes nothing of the host, and makes no device of it. */
export function machineFilter(processor: NodeJS.Architecture = process.arch): Uint8Array {
  return encoded([
    ...beginning(processor),
    ...Object.values(forbidden).flatMap((each) => ifIs(each, processor, verdict.EPERM)),
    ...nodes.flatMap((each) => mayMake(each, processor)),
    [bpf.answer, 0, 0, verdict.allow],
  ])
}

function mayMake({ call, type, device }: (typeof nodes)[number], processor: NodeJS.Architecture) {
  const number = numberOn(call, processor)
  const rest: Instruction[] = [
    [bpf.load, 0, 0, offsetOf.argument(type)],
    [bpf.and, 0, 0, typeBits],
    ...when([bpf.isEqual, block], verdict.EPERM),
    [bpf.isEqual, 1, 0, character],
    [bpf.answer, 0, 0, verdict.allow],
    [bpf.load, 0, 0, offsetOf.argument(device)],
    ...harmless.flatMap(([major, minor]) =>
      when([bpf.isEqual, (major << 8) | minor], verdict.allow),
    ),
    [bpf.answer, 0, 0, verdict.EPERM],
  ]
  const first: Instruction = [bpf.isEqual, 0, rest.length, number]
  return number < 0 ? [] : [first, ...rest]
}

function ifIs(numbers: Numbers, processor: NodeJS.Architecture, then: number) {
  const number = numberOn(numbers, processor)
  return number < 0 ? [] : when([bpf.isEqual, number], then)
}

function numberOn([x64, arm64]: Numbers, processor: NodeJS.Architecture): number {
  return processor === 'arm64' ? arm64 : x64
}
