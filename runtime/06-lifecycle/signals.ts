/** Signals as people type them: a name, with SIG or without, or a number. */
import { constants } from 'node:os'

/** The last real-time signal, SIGRTMAX. */
const last = 64

/** The number of a signal: `TERM`, `SIGTERM`, `15`, `RTMIN+3`. Throws for what is none. */
export function signalNumber(text: string): number {
  const name = text.toUpperCase().replace(/^SIG/, '')
  if (/^\d{1,3}$/.test(name) && Number(name) > 0 && Number(name) <= last) return Number(name)
  const known = constants.signals[`SIG${name}` as NodeJS.Signals]
  if (known !== undefined) return known
  const [, from, sign, offset = '0'] = /^RT(MIN|MAX)(?:([+-])(\d{1,2}))?$/.exec(name) ?? []
  const number = (from === 'MIN' ? 34 : last) + (sign === '-' ? -1 : 1) * Number(offset)
  if (from !== undefined && number >= 34 && number <= last) return number
  throw new Error(`invalid signal '${text}': a name such as TERM, or a number up to ${last}`)
}
