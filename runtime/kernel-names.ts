/** What the kernel's numbers mean: errnos, signals, and how a process ended. */
import { constants } from 'node:os'

/** Undefined for 0, which is no error. */
export function errnoNamed(number: number): string | undefined {
  if (number === 0) return undefined
  const known = Object.entries(constants.errno).find(([, value]) => value === number)
  return known?.[0] ?? `E${number}`
}

/** Those from 32 on are real-time signals, which have numbers only. */
export function signalNamed(number: number): string {
  const known = Object.entries(constants.signals).find(([, value]) => value === number)
  return known?.[0] ?? `SIGRTMIN+${number - 34}`
}

/** How a process ended, as wait(2) lays it out: the signal in the low 7 bits, the code above 8. */
export function endOf(waitStatus: number): { exitCode: number; signal?: string } {
  const number = waitStatus & 0x7f
  if (number === 0) return { exitCode: (waitStatus >> 8) & 0xff }
  return { exitCode: 128 + number, signal: signalNamed(number) }
}
