/** Tests. What this machine can do, found out once for all tests, in the words of doctor. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { demandsOf, diagnose, type Diagnosis } from '../runtime/tools/doctor/diagnosis.ts'
import { probe } from '../runtime/tools/doctor/probe.ts'
import { rowsTo } from './rows.ts'

export async function look(): Promise<Diagnosis> {
  const dir = mkdtempSync(join(tmpdir(), 'stepbox-'))
  try {
    const rows = await rowsTo()
    return diagnose(await probe(join(dir, 'root'), rows), await demandsOf(rows))
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
