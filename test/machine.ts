/** Tests. What this machine can do, found out once for all tests, in the words of doctor. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { chapters } from '../chapters/table.ts'
import { diagnose, type Capability } from '../runtime/doctor/diagnosis.ts'
import { probe } from '../runtime/doctor/probe.ts'

declare module 'vitest' {
  interface ProvidedContext {
    capabilities: Capability[]
  }
}

export default async function ({ provide }: TestProject): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'stepbox-'))
  try {
    const machine = await probe(join(dir, 'root'), chapters)
    provide('capabilities', diagnose(machine, chapters).capabilities)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
