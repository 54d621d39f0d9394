/** Chapter 1. The list so far: a process with namespaces of its own. */
import { command, directory, session, type Command } from '../../runtime/01-namespaces/command.ts'
import {
  closeInherited,
  hostname,
  loopback,
  namespaces,
  privateMounts,
  proc,
  processIds,
  type Network,
} from '../../runtime/01-namespaces/namespaces.ts'
import type { Step } from '../../runtime/step.ts'

export interface Options extends Command {
  hostname: string
  network: Network
}

export function plan(options: Options): Step[] {
  return [
    ...closeInherited(), // new
    ...processIds(), // new
    ...namespaces(options.network), // new
    ...privateMounts(), // new
    ...hostname(options.hostname), // new
    ...loopback(options.network), // new
    ...proc(), // new
    ...session(), // new
    ...directory(options.cwd), // new
    ...command(options), // new
  ]
}
