/**
 * What a learner's list may do with the calls of chapter 9. Its sockets are about the machine's
 * network or the container's, and its messages are of the kinds that the course makes.
 */
import type { Call } from '../../../runtime/calls.ts'
import type { CallRules, Given } from '../../../runtime/lab-rules.ts'
import { messageIn, toBytesOf } from '../../../runtime/rtnetlink.ts'
import { sentence, type Sentence } from '../../../runtime/sentence.ts'

/** Above all that a list of the course has open otherwise. */
const leastFd = 64

export const allows: CallRules = {
  netlink_socket: ([, fd]) => socket(fd),
  rtnetlink: ([, fd, bytes]) =>
    socket(fd) ?? (isOfCourse(bytes) ? undefined : sentence('no list of this course sends that')),
  open: ([, path, flags]) => {
    const isRead = flags.every((flag) => flag === 'O_RDONLY' || flag === 'O_CLOEXEC')
    const isNetwork = path === '/proc/self/ns/net' && isRead
    return isNetwork ? undefined : sentence('only /proc/self/ns/net and /dev/null are opened')
  },
  write: ([, path, value], { options }) => {
    const ofSix = /^\/proc\/sys\/net\/ipv6\/conf\/eth\d\/disable_ipv6$/.test(path)
    const isAsked = options?.net?.sysctls.some((each) => each[0] === path && each[1] === value)
    if (isAsked || (ofSix && value === '1')) return undefined
    return sentence('that setting was not asked for')
  },
  open_tree_as: ([, path, , fd], given) => {
    const { directory = '' } = given.options?.etc ?? {}
    const isAsked = namesOf(given).some((name) => path === `${directory}/${name}`)
    return isAsked && fd >= leastFd ? undefined : sentence('that file was not asked for')
  },
  openat2: ([, , path], given) => place(path, given),
  mknod_parents: ([, path], given) => place(path, given),
}

function socket(fd: number): Sentence | undefined {
  const values = { least: leastFd }
  return fd >= leastFd ? undefined : sentence('the number of a socket is {least} or more', values)
}

/** Whether the bytes say what is read in them, and nothing beside it. */
function isOfCourse(bytes: Extract<Call, ['rtnetlink', ...unknown[]]>[2]): boolean {
  const message = messageIn(bytes)
  try {
    return message !== undefined && Buffer.compare(toBytesOf(message), bytes) === 0
  } catch {
    return false // ignoring: it has an attribute that the course does not know
  }
}

function namesOf({ options }: Given): string[] {
  return options?.etc?.names ?? []
}

function place(path: string, given: Given): Sentence | undefined {
  const isAsked = namesOf(given).some((name) => path === `/etc/${name}`)
  return isAsked ? undefined : sentence('nothing was to be mounted there')
}
