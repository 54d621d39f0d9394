/** A learner's list, checked: it has the grader's command, and nothing that is forbidden. */
import type { CallRules, Given } from '../lab-rules.ts'
import { printable } from '../printable.ts'
import { sentence } from '../sentence.ts'
import { strace } from '../strace.ts'
import type { Step } from '../step.ts'
import { policyFor } from './list-policy.ts'
import { RefusedList, stepsFrom } from './list-shape.ts'

/** The steps of a list that came as JSON, with the grader's command. Throws a RefusedList. */
export function checkedList(value: unknown, given: Given, added: CallRules = {}): Step[] {
  const list = stepsFrom(value)
  const why = policyFor(given, added)
  return list.map((step, at) => {
    const refuse = (said: RefusedList['said']) => {
      const call = printable(strace(step.call).slice(0, 200))
      return new RefusedList(said, { step: at + 1, call })
    }
    if (step.call[0] !== 'execvpe') {
      const said = why(step.call)
      if (said) throw refuse(said)
      return step
    }
    if (at < list.length - 1) throw refuse(sentence('no step follows execvpe: it does not return'))
    const { argv, env } = given
    return { ...step, call: ['execvpe', argv[0] ?? '', argv, env] }
  })
}
