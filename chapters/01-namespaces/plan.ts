/** The list so far: a process with namespaces of its own. */
import { command, directory, session } from '../../runtime/01-namespaces/command.ts'
import { inheritance } from '../../runtime/01-namespaces/inheritance.ts'
import {
  closeInherited,
  hostname,
  loopback,
  namespaces,
  privateMounts,
  proc,
  processIds,
} from '../../runtime/01-namespaces/namespaces.ts'
import type { PlanOptions } from '../../runtime/options.ts'
import type { Step } from '../../runtime/step.ts'

export function plan(options: PlanOptions): Step[] {
  return [
    ...closeInherited(), // new
    ...processIds(options.pid), // new
    ...inheritance(), // new
    ...namespaces(options), // new
    ...privateMounts(), // new
    ...hostname(options), // new
    ...loopback(options.network), // new
    ...proc(), // new
    ...session(), // new
    ...directory(options.cwd), // new
    ...command(options), // new
  ]
}
