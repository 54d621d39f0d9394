/** The error of a native program that could not work, with the machine's reason. */
import { tryRead } from './files.ts'

/** The native program could not do its work, whatever the plan: it was killed, or cannot start. */
export class NativeFailure extends Error {
  /** `refused` is what the program said, if it said something. */
  constructor(refused?: string) {
    const isBarred = tryRead('/proc/sys/vm/memfd_noexec')?.trim() === '2'
    const why = 'vm.memfd_noexec is 2: this machine starts no program from memory'
    if (refused === undefined) super('the native program was killed')
    else if (refused.startsWith('cannot copy itself') && isBarred)
      super(`the native program ${refused}\n  ${why}`)
    else super(`the native program refused the plan: ${refused}`)
  }
}
