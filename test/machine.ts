/** Tests. What this machine can do, given to all of them by vitest. */
import type { TestProject } from 'vitest/node'
import type { CapabilityVerdict } from '../runtime/tools/doctor/diagnosis.ts'
import { look } from './look.ts'

declare module 'vitest' {
  interface ProvidedContext {
    capabilities: CapabilityVerdict[]
    /** Whether the tests come from their bundle, and their sources cannot be loaded. */
    isBundled: boolean
  }
  interface TaskMeta {
    /** What a test has asked for. */
    needs?: string[]
    /** It takes its context, to ask for what it needs before it does anything (test/guest). */
    asks?: boolean
  }
}

export default async function ({ provide }: TestProject): Promise<void> {
  provide('isBundled', false)
  provide('capabilities', (await look()).capabilities)
}
