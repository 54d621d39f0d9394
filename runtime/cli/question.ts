/** Asks before something is removed. */
import { createInterface } from 'node:readline'
import { writeOutput } from './output.ts'
import { say } from './voice.ts'

/** Whether the answer on standard input is yes; the end of the input is no. */
export async function isAgreed(warning: string): Promise<boolean> {
  writeOutput(say(`${warning}\nAre you sure you want to continue? [y/N] `))
  const input = createInterface({ input: process.stdin })
  try {
    for await (const line of input) return /^y(es)?$/i.test(line.trim())
    return false
  } finally {
    input.close()
    process.stdin.destroy()
  }
}
