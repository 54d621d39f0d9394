/** What a list from a learner may do: rules for calls, and what the list was made for. */
import type { Call, CallName } from './calls.ts'
import type { PlanOptions } from './options.ts'
import type { Sentence } from './sentence.ts'

/**
 * What lists from learners may do: a call without a rule is refused. A rule gives the reason why
 * this call may not be made; `free` stands for one that has nothing against any.
 */
export type CallRules = { [Name in CallName]?: CallRule<Name> | 'free' }

export type CallRule<Name extends CallName> = (
  call: Extract<Call, [Name, ...unknown[]]>,
  given: Given,
) => Sentence | undefined

/** The rules of all chapters. Where several have one for a call, one that allows it is enough. */
export function allRules(each: (CallRules | undefined)[]): CallRules {
  const all: Record<string, CallRule<CallName> | 'free'> = {}
  for (const [name, rule] of each.flatMap((rules) => Object.entries(rules ?? {}))) {
    const before = all[name]
    const one = rule as CallRule<CallName> | 'free'
    const either: CallRule<CallName> = (call, given) =>
      before === 'free' || one === 'free' ? undefined : before?.(call, given) && one(call, given)
    all[name] = before ? either : one
  }
  return all as CallRules
}

/** What a list was made for. */
export interface Given {
  argv: string[]
  env: string[]
  /** The copy of the image, which may become the root. */
  root: string
  /** The container's directory: each directory in it may become the root. */
  box: string
  /** The image's layers, by every name: what is in them is never written. */
  layers: string[]
  /** The mount points of the trees of control groups, and the name of its own group. */
  trees: string[]
  group: string
  /** Where it begins; without it, in `/`. */
  cwd?: string
  /** What its planner was given. */
  options?: PlanOptions
  /** Settings of its process and namespaces that it may write: files in /proc, and the values. */
  settings: Record<string, RegExp>
}
