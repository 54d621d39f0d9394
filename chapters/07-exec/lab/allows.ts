/**
 * What a learner's list may do with the calls of chapter 7 beside those that enter a container: the
 * directory with the list of a check, and with its results, is the grader's.
 */
import type { CallRules } from '../../../runtime/lab-rules.ts'
import { sentence } from '../../../runtime/sentence.ts'

/** The shortest interval between two checks: a shorter one would keep a processor busy. */
const leastMs = 10

export const allows: CallRules = {
  check_health: ([, directory, numbers], { options }) => {
    const told = options?.health
    if (!told) return sentence('no check was asked for')
    if (directory !== told.directory)
      return sentence('the results of checks belong in the directory that the monitor is told')
    const isWhole = numbers.length === 5 && numbers.every((each) => Number.isInteger(each))
    const [interval = -1, timeout = -1, period = -1, early = -1, retries = -1] = numbers
    const isPatient = Math.min(interval, timeout, early) >= leastMs && period >= 0
    if (isWhole && isPatient && retries >= 1) return undefined
    return sentence('the numbers are: four times in milliseconds, then how many may fail')
  },
}
