/**
 * What a learner's list may do with the calls of chapter 6. Directories, files and programs are
 * those that the planner was given: the mark, the lock and the settler are the grader's.
 */
import type { CallRules } from '../../../runtime/lab-rules.ts'
import { sentence } from '../../../runtime/sentence.ts'

const mostFiles = 100

/** Whoever starts a container again and again leaves the machine time for something else. */
const leastMs = 10

export const allows: CallRules = {
  init: 'free',
  open_log: ([, path, maxBytes, files], { options }) => {
    if (path !== options?.log?.path) return sentence('the log is not the file that it was given')
    if (maxBytes >= 0 && files >= 1 && files <= mostFiles) return undefined
    return sentence('a log is at least one file, and at most {most}', { most: mostFiles })
  },
  listen: ([, directory, , isAwaited], { options }) =>
    directory === options?.listening?.directory && isAwaited === 0
      ? undefined
      : sentence('the socket is not in the directory that it was given'),
  supervise: ([, directory, mark, lock, , numbers, groups, settler], { options }) => {
    const told = options?.monitor
    if (!told) return sentence('no monitor was asked for: the caller waits')
    if (directory !== told.directory)
      return sentence('the journal belongs in the directory that the monitor is told')
    if (mark !== told.mark) return sentence('the mark is not the one that the monitor is told')
    if (lock !== told.lock) return sentence('the lock is not the one that the monitor is told')
    if (JSON.stringify(settler) !== JSON.stringify(told.settler))
      return sentence('the program that clears up is not the one that the monitor is told')
    if (groups.some((group) => !told.groups.includes(group)))
      return sentence('these are not the groups of the container')
    const [most = -1, ...times] = numbers.map((each) => (Number.isInteger(each) ? each : -1))
    if (most >= 0 && times.length === 3 && times.every((ms) => ms >= leastMs)) return undefined
    return sentence('the numbers are: most starts, then three times in milliseconds')
  },
}
