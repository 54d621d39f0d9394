/**
 * What a learner's list may do with the calls of chapter 8. It opens and attaches nothing but what
 * its planner was given, and all of that is in the machine.
 */
import type { CallRules, Given } from '../../../runtime/lab-rules.ts'
import { sentence, type Sentence } from '../../../runtime/sentence.ts'

/** Above all that a list of the course has open otherwise. */
const leastFd = 64

export const allows: CallRules = {
  open_tree_as: ([, path, , fd], given) => {
    const sources = volumesOf(given).flatMap((each) => (each.type === 'tree' ? each.source : []))
    if (!sources.includes(path)) return sentence('that tree was not asked for')
    const values = { least: leastFd }
    return fd >= leastFd ? undefined : sentence('the number of a tree is {least} or more', values)
  },
  mount_setattr_tree: ([, fd]) => tree(fd),
  move_mount_to: ([, fd]) => tree(fd),
  openat2: ([, , path], given) => target(path, given),
  mknod_parents: ([, path], given) => target(path, given),
}

function volumesOf({ options }: Given) {
  return options?.volumes ?? []
}

function tree(fd: number): Sentence | undefined {
  return fd >= leastFd ? undefined : sentence('that is not the number of a tree')
}

function target(path: string, given: Given): Sentence | undefined {
  const isAsked = volumesOf(given).some((each) => each.target === path)
  return isAsked ? undefined : sentence('nothing was to be mounted there')
}
