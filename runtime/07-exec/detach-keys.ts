/** Detach keys: what is typed on a terminal to leave a container that goes on. */
import { UsageError, valueOf, type Flag, type Input, type Typed } from '../command-line.ts'
import { mostKeys } from '../encode.ts'

/** Docker's: Ctrl-P, Ctrl-Q. */
const byDefault = 'ctrl-p,ctrl-q'

export const detachKeysFlag: Flag = {
  ...{ long: 'detach-keys', value: 'KEYS' },
  text: 'what leaves it when typed on its terminal; ctrl-p,ctrl-q',
}

/** They were typed: says so in Docker's words, and gives its exit code. */
export async function detached({ failed }: Pick<Input, 'failed'>): Promise<number> {
  await failed(new Error('read escape sequence'))
  return 1
}

/** The keys that `--detach-keys` names, as the bytes that a terminal sends for them. */
export function detachKeys(typed: Pick<Typed, 'values'>): Uint8Array {
  const text = valueOf(typed, 'detach-keys') || byDefault
  const keys = text.split(',').map((name) => codeOf(name) ?? NaN)
  const what = 'characters, ctrl-a to ctrl-z, ctrl-@ [ \\ ] ^ _, or DEL, joined by commas'
  if (keys.some(Number.isNaN)) throw new UsageError(`invalid --detach-keys '${text}': ${what}`)
  if (keys.length > mostKeys)
    throw new UsageError(`too many --detach-keys: ${keys.length}, and the most are ${mostKeys}`)
  return Uint8Array.from(keys)
}

/** Ctrl and a character send the five lowest bits of its code (ascii(7)). */
function codeOf(name: string): number | undefined {
  const control = /^ctrl-([@a-z[\\\]^_])$/.exec(name)?.[1]
  if (control !== undefined) return control.charCodeAt(0) & 0x1f
  if (name === 'DEL') return 0x7f
  return /^[\0-\x7f]$/.test(name) ? name.charCodeAt(0) : undefined
}
