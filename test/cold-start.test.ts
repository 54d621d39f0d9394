/** Tests. A cold start does not depend on how many chapters there are. */
import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { rootWithBusybox } from './busybox.ts'
import { envOf, programWith } from './imagined.ts'
import { needs } from './scratch.ts'
import { program } from './stepbox.ts'

/**
 * Processor time, because it is steadier than the clock on a machine that does other things as
 * well, and its lower quartile. `npm run bench` has the figure; this bound is only for a start that
 * would load each chapter whole.
 */
test('with eleven chapters more, a cold start takes as long as before', async (context) => {
  needs(context, 'root', 'overlay', 'bash')
  const root = await rootWithBusybox()
  const { copy, path } = programWith(11, root)
  onTestFinished(() => rmSync(copy, { recursive: true, force: true }))
  const env = { ...envOf(copy), STEPBOX_ROOT: root }
  const times: [few: number[], many: number[]] = [[], []]
  for (let round = 0; round < 16; round++)
    for (const at of round % 2 ? ([1, 0] as const) : ([0, 1] as const))
      times[at].push(cpuMs(at === 0 ? program : path, env))
  const [few = NaN, many = NaN] = times.map(lowerQuartile)
  expect(many / few).toBeLessThan(1.1)
}, 180_000)

/** Of one cold `stepbox run`, and all that it starts, in user and system mode. */
function cpuMs(path: string, env: Record<string, string>): number {
  const script = `TIMEFORMAT='%3U %3S'; time '${process.execPath}' '${path}' run --rm busybox true`
  const text = execFileSync('bash', ['-c', `{ ${script}; } 2>&1`], { env, encoding: 'utf8' })
  const [user = NaN, system = NaN] = text.trim().split(' ').map(Number)
  return (user + system) * 1000
}

function lowerQuartile(times: number[]): number {
  return times.toSorted((a, b) => a - b)[times.length >> 2] ?? NaN
}
