/** Tests. What counts as left over from a run: what is its own, and nothing of other runs. */
import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { differences, host, markRun } from './host.ts'
import { needs, scratch } from './scratch.ts'

/** Start a process in a pid namespace of its own, after `first`. It ends with the test. */
function startNamespace(first: string): void {
  const script = `${first}; exec unshare -p -f sleep 1005`
  const { pid = 0 } = spawn('sh', ['-c', script], { stdio: 'ignore', detached: true })
  onTestFinished(() => void process.kill(-pid, 'SIGKILL'))
}

markRun()

test('a process of this run is left over, one of another run is not', async (context) => {
  needs(context, 'root', 'unshare')
  const before = host()
  startNamespace(':')
  startNamespace('echo 77777 > /proc/self/timerslack_ns')
  const left = await differences(before, scratch())
  const sleeping = expect.stringMatching(/^process \d+ .*(sleep|busybox)$/) as unknown
  expect(left.filter((line) => line.startsWith('process'))).toEqual([sleeping])
})

test('so is what stays in its own directory, but not what its tools keep there', async () => {
  const temporary = scratch()
  writeFileSync(join(temporary, 'a-file'), '')
  mkdirSync(join(temporary, 'node-compile-cache'))
  expect(await differences(host(), temporary)).toEqual(['directory a-file in TMPDIR'])
})
