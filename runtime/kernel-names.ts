/** The names of errnos and signals, by their numbers. */
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
