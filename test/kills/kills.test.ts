/** Tests. kill -9 of any process of ours, at any moment of any command. */
import { randomInt } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { busyboxBinary } from '../../runtime/setup/busybox.ts'
import { rootWithBusybox } from '../busybox.ts'
import { check } from '../power/check.ts'
import { run } from '../power/operations.ts'
import { randomFrom } from '../power/random.ts'
import { gone, runningContainer } from '../running.ts'
import { needs } from '../scratch.ts'
import { rounds, type Tally } from './rounds.ts'

/** More of them, or the same again: `STEPBOX_KILLS=5000 STEPBOX_SEED=7 npm test -- test/kills`. */
const seed = Number(process.env['STEPBOX_SEED'] ?? randomInt(2 ** 31))
const count = Number(process.env['STEPBOX_KILLS'] ?? (process.env['CI'] ? 1000 : 30))
/** What one seed found, another would not: it is not run again. */
const one = { retry: 0, timeout: 3_600_000 }

test('kill -9 of a process at any time leaves nothing and loses nothing', one, async (context) => {
  needs(context, 'root')
  const begin = performance.now()
  const tallies = await Promise.all([lane(2 * seed), lane(2 * seed + 1)])
  const seconds = Math.round((performance.now() - begin) / 1000)
  console.log(`${inWords(tallies)}; seed ${seed}; ${seconds} s`)
  expect(tallies.flatMap(({ problems }) => problems)).toEqual([])
})

/** Half of the rounds, on a data root of its own; then everything in it is looked through. */
async function lane(seed: number): Promise<Tally> {
  const root = await rootWithBusybox()
  const { container, started } = await runningContainer(root, ['--name', 'bystander'])
  const end = async () => {
    started.process.kill('SIGKILL')
    await started.ended
    await gone(container)
  }
  onTestFinished(end)
  const script = 'head -c 20000 /dev/urandom > /data; rm /etc/passwd; mkdir /more'
  await run(root, { container: 'source', image: 'busybox', script })
  const tally = await rounds({ root, random: randomFrom(seed), bystander: container }, count / 2)
  await end()
  const promised = { images: {}, containers: ['source'], volumes: [] }
  const checking = { promised, mark: 1 }
  tally.problems.push(...(await check(root, { ...checking, busybox: busyboxBinary() })))
  return tally
}

function inWords(tallies: Tally[]): string {
  const counts = new Map<string, number>()
  for (const { kills } of tallies)
    for (const [what, number] of kills) counts.set(what, (counts.get(what) ?? 0) + number)
  const late = tallies.reduce((sum, each) => sum + each.late, 0)
  const kinds = [...counts].map(([what, number]) => `${number} of ${what}`)
  return `${count} kills: ${kinds.join(', ')}, ${late} came too late`
}
