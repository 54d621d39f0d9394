/** Why the native program could not even be started, in words. */
import { dirname } from 'node:path'
import { errnoIn } from './files.ts'

/** What spawn(2) failed with, and what to do: `program` is native/stepbox of a checkout. */
export function whyNotStarted(error: Error, program: string): string {
  const known: Partial<Record<string, string>> = {
    EMFILE: 'too many open files; to raise the limit: ulimit -n 1024',
    ENOENT: `${program} is not there; to make it: cd ${dirname(dirname(program))} && npm run setup`,
  }
  return known[errnoIn(error) ?? ''] ?? error.message
}
