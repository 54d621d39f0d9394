/** What the kernel's refusals mean where groups are made and limited. */
import type { Refusals } from '../../../runtime/lab-findings.ts'
import { sentence } from '../../../runtime/sentence.ts'

export const refusals: Refusals = {
  'write ENOENT': {
    means: sentence(
      'there is no such file: the group is not made yet, or this file has another name',
    ),
    hint: sentence(
      'mkdir comes first. The two versions name their files differently: see the table',
    ),
  },
  'write EINVAL': {
    means: sentence('the kernel does not take this value, or not at this moment'),
    hint: sentence(
      'which format has this file? Of two limits that depend on each other, which is first?',
    ),
  },
  'write ENOSPC': {
    means: sentence(
      'no disk is full: a cpuset group without processors or memory takes no process',
    ),
    hint: sentence('are all lines of linesFor written before the group is joined?'),
  },
  'write EBUSY': {
    means: sentence('a process is where none may be: version 2 has them in the leaves only'),
    hint: sentence('in which order do controllers, group and process come?'),
  },
  'mkdir EEXIST': {
    means: sentence('the group exists already: an earlier step has made it'),
    hint: sentence(
      'is the same place in the list twice? One directory can hold several controllers',
    ),
  },
}
