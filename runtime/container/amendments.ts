/**
 * What was changed of a container after it was created. It is in a file beside its state, because
 * the state is written by the process that waits for the container, from what that one knows.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { ownPrefix, putInPlace, writeDurably } from '../durable.ts'
import { tryRead } from '../files.ts'
import type { Container } from '../options.ts'
import { isName } from './names.ts'

/** Fields that can be changed; they count more than those of the state. */
export type Amendments = Partial<
  Pick<Container, 'name' | 'spareName' | 'rm' | 'restart' | 'endpoints' | 'net'>
>

type Unknown = Record<string, unknown>

/** What was changed of the container in `dir`. Nothing, if the file is damaged. */
export function amendmentsIn(dir: string): Amendments {
  const text = tryRead(fileIn(dir))
  if (text === undefined) return {}
  try {
    const { name, spareName, rm, restart, endpoints, net } = JSON.parse(text) as Unknown
    return {
      ...(typeof name === 'string' && isName(name) ? { name } : {}),
      ...(typeof spareName === 'string' && isName(spareName) ? { spareName } : {}),
      ...(typeof rm === 'boolean' ? { rm } : {}),
      ...(typeof restart === 'object' && restart !== null ? { restart } : {}),
      ...(Array.isArray(endpoints) ? { endpoints } : {}),
      ...(typeof net === 'object' && net !== null ? { net } : {}),
    } as Amendments
  } catch {
    return {} // ignoring: written by a rename, so no crash has left half of it
  }
}

/**
 * Change fields of the container in `dir`; one that is undefined is again as its state has it. The
 * caller is the only one who does so (its lock).
 */
export function amendContainer(
  tmp: string,
  dir: string,
  changes: { [Field in keyof Amendments]: Amendments[Field] | undefined },
): void {
  const all = { ...amendmentsIn(dir), ...changes }
  const kept = Object.entries(all).filter(([, value]) => value !== undefined)
  if (kept.length === 0) return rmSync(fileIn(dir), { force: true })
  const staged = join(tmp, `${ownPrefix()}amendments`)
  writeDurably(staged, JSON.stringify(Object.fromEntries(kept)))
  putInPlace(staged, fileIn(dir))
}

function fileIn(dir: string): string {
  return join(dir, 'amendments.json')
}
