/** Tests. What counts as left over from a run: what is its own, and nothing of other runs. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { lookAtCgroups } from '../runtime/02-cgroups/cgroups.ts'
import { differences, host, markRun } from './host.ts'
import { needs, scratch } from './scratch.ts'

/** Start a process in a pid namespace of its own, after `first`. It ends with the test. */
async function startNamespace(first: string): Promise<void> {
  const script = `${first}; exec unshare -p -f cat`
  const child = spawn('sh', ['-c', script], { detached: true, stdio: ['pipe', 'pipe', 'ignore'] })
  const { pid = 0, stdin, stdout } = child
  onTestFinished(() => void process.kill(-pid, 'SIGKILL'))
  stdin.write('started\n')
  await once(stdout, 'data') // from cat, so it is there
}

markRun()

test('a process of this run is left over, one of another run is not', async (context) => {
  needs(context, 'root', 'unshare')
  const before = host()
  await startNamespace(':')
  await startNamespace('echo 77777 > /proc/self/timerslack_ns')
  const left = await differences(before, scratch())
  const waiting = expect.stringMatching(/^process \d+ .*(cat|coreutils|busybox)$/) as unknown
  expect(left.filter((line) => line.startsWith('process'))).toEqual([waiting])
})

test('so is a group, but not one that names a process of another run', async (context) => {
  needs(context, 'root', 'cgroups')
  const before = host()
  const script = 'echo 77777 > /proc/self/timerslack_ns; echo $$; exec sleep 1005'
  const other = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] })
  onTestFinished(() => void other.kill('SIGKILL'))
  await once(other.stdout, 'data')
  const [tree] = lookAtCgroups().hierarchies
  const made = [process.pid, other.pid].map((pid) => `${tree?.mount}/stepbox-test-${pid}-left`)
  for (const dir of made) mkdirSync(dir)
  onTestFinished(() => made.forEach((dir) => rmdirSync(dir)))
  const left = await differences(before, scratch())
  const own = left.filter((line) => line.endsWith('-left'))
  expect(own).toEqual([`group ${made[0]}`])
})

test('and what stays in its own directory, but not what its tools keep there', async () => {
  const temporary = scratch()
  writeFileSync(join(temporary, 'a-file'), '')
  mkdirSync(join(temporary, 'node-compile-cache'))
  expect(await differences(host(), temporary)).toEqual(['directory a-file in TMPDIR'])
})
