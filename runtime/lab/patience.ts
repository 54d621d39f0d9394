/** How long a judge waits: longer where QEMU emulates the processor. */
import { readFileSync } from 'node:fs'

/** How many times as long. */
const emulatedPatience = 10

let times: number | undefined

export function patience(milliseconds: number): number {
  times ??= isEmulated() ? emulatedPatience : 1
  return milliseconds * times
}

function isEmulated(): boolean {
  return /^model name\s*: QEMU TCG /m.test(readFileSync('/proc/cpuinfo', 'utf8'))
}

/** Undefined if it takes too long. */
export async function within<T>(promise: Promise<T>, milliseconds: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), patience(milliseconds))
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
