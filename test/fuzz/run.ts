/**
 * Tests. `npm run fuzz`: fuzz for as long as you like, one target or all in turn.
 *
 *     npm run fuzz -- --target tar --seed 42 --minutes 60
 *     npm run fuzz -- --target tar --replay INPUT
 */
import { parseArgs } from 'node:util'
import { randomInt } from 'node:crypto'
import { unpacked } from './corpus.ts'
import { targets } from './targets.ts'
import { inWords } from './words.ts'
import { watched } from './watch.ts'

const { values } = parseArgs({
  options: {
    target: { type: 'string' },
    seed: { type: 'string' },
    minutes: { type: 'string', default: '1' },
    replay: { type: 'string' },
  },
})
const { target, seed = String(randomInt(2 ** 31)), minutes, replay } = values
const chosen = targets.map(({ name }) => name).filter((name) => name === (target ?? name))
if (chosen.length === 0)
  throw new Error(`no target '${target}'; have: ${targets.map(({ name }) => name).join(' ')}`)
const only = replay === undefined ? undefined : unpacked(replay)
const milliseconds = (Number(minutes) * 60_000) / chosen.length
const { fuzz, end } = watched()
for (const name of chosen) {
  const found = await fuzz(name, { seed: Number(seed), milliseconds, only })
  console.log(inWords(name, Number(seed), found))
  if (found.failure) process.exitCode = 1
}
await end()
