/** What this machine lacks of what checks need, by trying it as `doctor` does. */
import type { Chapter } from '../chapter.ts'
import { demandsOf, diagnose } from '../tools/doctor/diagnosis.ts'
import { probe } from '../tools/doctor/probe.ts'

/** The capabilities among `names` that are missing, with the reason. Nothing is tried for none. */
export async function lackingOf(
  names: string[],
  rows: Chapter[],
  root: string,
): Promise<Map<string, string>> {
  if (names.length === 0) return new Map()
  const machine = await probe(root, [])
  const { capabilities } = diagnose(machine, await demandsOf(rows))
  const missing = capabilities.filter(({ name, state }) => {
    return names.includes(name) && (state === 'no' || state === 'unknown')
  })
  return new Map(missing.map(({ name, why, found }) => [name, why ?? found]))
}
