/** Tests. How they are run: each file in a process of its own, three at a time. */
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { inOwnNetwork } from './own-network.ts'
import { SpreadSequencer } from './sequence.ts'

const code = await inOwnNetwork() // done already, where `npm test` has started it
if (code !== undefined) process.exit(code)

export default defineConfig({
  root: join(import.meta.dirname, '..'),
  test: {
    globalSetup: 'test/machine.ts',
    include: ['chapters/**/*.test.ts', 'test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 3, // two leave a third of the time of two processors unused: they wait for others
    sequence: { sequencer: SpreadSequencer },
    maxConcurrency: 2, // of tests that say that they may run side by side: one file has them
    // They end what hangs, and claim nothing about how long it may take. A hook may have to delete
    // thousands of files, on a machine that others use too.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    env: { STEPBOX_CHAPTER: '' }, // a reader's shell pins the program; the tests must not notice
    // On a shared machine a failure is tried once more; the reporter names a test that needed it.
    retry: process.env['CI'] ? 1 : 0,
    passWithNoTests: false,
    allowOnly: !process.env['CI'],
  },
})
