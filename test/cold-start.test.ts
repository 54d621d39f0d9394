/** Tests. A cold start does not depend on how many chapters there are. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { chapters } from '../chapters/table.ts'
import { rootWithBusybox } from './busybox.ts'
import { addChapter, copied, envOf } from './imagined.ts'
import { needs } from './scratch.ts'
import { program } from './stepbox.ts'

const { number: last = 0 } = chapters.at(-1) ?? {}
const slowMs = 180_000

/**
 * Processor time, because it is steadier than the clock on a machine that does other things as
 * well. `npm run bench` has the figure; here is only what would be seen if each start loaded more.
 */
test('with eleven chapters more, a cold start takes as long as before', async (context) => {
  needs(context, 'root', 'overlay', 'bash')
  const copy = copied({ withMade: true })
  for (let at = 1; at <= 11; at++) addChapter(copy, { number: last + at, slug: `imaginary${at}` })
  const STEPBOX_ROOT = await rootWithBusybox()
  const bundling = `import { bundle, keepCompiled } from './runtime/setup/bundle.mjs'
    await bundle()
    await keepCompiled(true)`
  const env = { ...envOf(copy), STEPBOX_ROOT }
  const args = ['--input-type=module', '-e', bundling]
  execFileSync(process.execPath, args, { cwd: copy, env })
  const times: [few: number[], many: number[]] = [[], []]
  for (let round = 0; round < 21; round++)
    for (const at of round % 2 ? ([1, 0] as const) : ([0, 1] as const))
      times[at].push(cpuMs(at === 0 ? program : join(copy, 'dist/stepbox.cjs'), env))
  const [few, many] = times.map(median)
  expect((many ?? NaN) / (few ?? NaN)).toBeLessThan(1.1)
}, slowMs)

/** Of one cold `stepbox run`, and all that it starts, in user and system mode. */
function cpuMs(path: string, env: Record<string, string>): number {
  const script = `TIMEFORMAT='%3U %3S'; time '${process.execPath}' '${path}' run --rm busybox true`
  const text = execFileSync('bash', ['-c', `{ ${script}; } 2>&1`], { env, encoding: 'utf8' })
  const [user = NaN, system = NaN] = text.trim().split(' ').map(Number)
  return (user + system) * 1000
}

function median(times: number[]): number {
  return times.toSorted((a, b) => a - b)[times.length >> 1] ?? NaN
}
