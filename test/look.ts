/** Tests. What this machine can do, found out once for all tests, in the words of doctor. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chapters } from '../chapters/table.ts'
import { diagnose, type Diagnosis } from '../runtime/tools/doctor/diagnosis.ts'
import { probe } from '../runtime/tools/doctor/probe.ts'

export async function look(): Promise<Diagnosis> {
  const dir = mkdtempSync(join(tmpdir(), 'stepbox-'))
  try {
    return diagnose(await probe(join(dir, 'root'), chapters), chapters)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
