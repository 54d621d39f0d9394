/** `--cidfile`: a file with the id of a container, for scripts. It is never removed. */
import { writeFileSync } from 'node:fs'
import { errnoIn } from '../files.ts'

/** Gives a function that writes an id to `file`, which must be new. It throws if it is not. */
export function writeNewFile(file: string | undefined): (id: string) => void {
  return (id) => {
    if (file === undefined) return
    try {
      writeFileSync(file, id, { flag: 'wx', mode: 0o644 })
    } catch (error) {
      const why = errnoIn(error) ?? (error as Error).message
      throw new Error(`cannot write the id to ${file}: ${why}`, { cause: error })
    }
  }
}
