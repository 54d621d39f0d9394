/** The workspace of the lab that was used last, as the lab remembers it. */
import { existsSync } from 'node:fs'
import { dataRoot } from '../../runtime/cli/data-roots.ts'
import { lastUsed } from '../../runtime/cli/lab/last.ts'

export function workspace(): string | undefined {
  const last = lastUsed(dataRoot({ switches: new Set(), values: new Map(), words: [] }))
  return last !== undefined && existsSync(last) ? last : undefined
}
